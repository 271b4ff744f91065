# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "unquoted variable" "SC2086" <<'END'
printf '#!/bin/bash\n# SPDX-License-Identifier: GPL-2.0-only\nset -eu\nrm $1\n' >tools/planted
END

plant "bashism in a guest script" "SC3010|SC2039" <<'END'
printf '#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\n[[ $1 == x ]] && echo\n' >tools/planted
END

plant "mistake in a sourced file" "SC2154|SC2086" <<'END'
printf '\nplanted() {\n\trm $1\n}\n' >>tools/lib/common.sh
END
