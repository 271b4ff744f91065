# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "line under a title that is too short" "underline too short" <<'END'
sed -i 's/^========$/====/' Documentation/mini.rst
END

plant "link to nothing" "Unknown target name" <<'END'
printf '\nSee `Nowhere`_.\n' >>Documentation/mini.rst
END

plant "link to a file that is not there" "no such file: gone.rst" <<'END'
printf '\nSee `gone <gone.rst>`_.\n' >>Documentation/mini.rst
END

plant "table that is none" "Malformed table" <<'END'
printf '\n=== ===\nonly one column and text\n=== ===\n' >>Documentation/mini.rst
END
