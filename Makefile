# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types. The rules of the build itself are in Kbuild, and every
# check is a script that can be called without make.
#
# "make help" is made of the comments that begin with two hash signs.

## KDIR: the kernel build directory that modules are built against
KDIR ?= /lib/modules/$(shell uname -r)/build
## KERNEL: series for guest, clients and qemu-shell, one of kernels.list
KERNEL ?= 6.12
## SECS: seconds that each fuzz target runs
SECS ?= 60
## ROUNDS: rounds of each test of "soak"
ROUNDS ?= 10000
## T1X_TEST_MODULES: 1 to build what only tests load, too; "install" refuses then
T1X_TEST_MODULES ?=
## INSTALL_MOD_DIR: where "install" puts modules below /lib/modules/VERSION
INSTALL_MOD_DIR ?= updates
## INSTALL_MOD_PATH: root directory for "install", / if empty
INSTALL_MOD_PATH ?=

KBUILD = -C $(KDIR) M=$(CURDIR) T1X_TEST_MODULES=$(T1X_TEST_MODULES)
CHECKS = tools/checks
TEST_MODULES = tools/testing/modules

modules: ## build every module for KDIR
	@[ -e $(KDIR)/Makefile ] || { \
		echo "$(KDIR): no kernel headers; install them, or set KDIR"; exit 1; }
	$(MAKE) $(KBUILD) modules

install: ## install the modules built for KDIR, and run depmod
	@! grep -qs $(TEST_MODULES) modules.order || { \
		echo "modules for tests are not installed; build without them"; exit 1; }
	$(MAKE) $(KBUILD) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) \
		INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) modules_install
	@# The kernel's own run of depmod wants a System.map beside its headers.
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) \
		"$$(sed 's/.*"\(.*\)"/\1/' $(KDIR)/include/generated/utsrelease.h)"

clean: ## remove what was built here for KDIR, and everything in out/
	rm -rf out
	@[ -e $(KDIR)/Makefile ] || \
		{ echo "$(KDIR): no kernel headers; set KDIR as for the build" >&2; exit 1; }
	$(MAKE) $(KBUILD) clean

help: ## this list
	@echo 'Targets:'
	@sed -n 's/^\([a-z0-9-]*\):[^#=]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 20
	@echo 'Variables:'
	@sed -n 's/^## \([A-Z0-9_]*\): \(.*\)/  \1\t\2/p' Makefile | expand -t 20
	@echo 'Variables of the kernel build, such as W=1, C=2, V=1 or LLVM=1, go to it.'

demo: ## boot a guest and move data through the backend, start to end
	tools/demo

check: ## everything: static checks, unit tests, guest tests on every kernel
	tools/check

check-quick: ## the same for daily work: one kernel, no debug kernel
	tools/check --quick

check-debug: ## guest tests in the debug kernel
	tools/check debug

static: ## every check that needs no guest
	$(CHECKS)/all

static-selftest: ## show that every static check finds a planted violation
	$(CHECKS)/selftest

w1: ## no compiler warning with W=1 on any kernel
	$(CHECKS)/w1

sparse: ## sparse over every kernel source file
	$(CHECKS)/sparse

cocci: ## semantic patches, our own and the kernel's
	$(CHECKS)/cocci

style: ## checkpatch, clang-format and shellcheck
	$(CHECKS)/all checkpatch format shellcheck

kdoc: ## kernel-doc comments are there and well-formed
	$(CHECKS)/kernel-doc

budget: ## sizes of files and functions
	$(CHECKS)/budget

house: ## the rules of CONTRIBUTING that a script can see
	$(CHECKS)/house

abi-check: ## mirrored private structures against the kernels' own type information
	$(CHECKS)/abi-check

compat-report: ## what each kernel offers, compared with what is expected
	$(CHECKS)/compat-report

dkms: ## build the DKMS package for every kernel
	$(CHECKS)/dkms

unit: ## unit tests of core/ in user space
	tools/testing/unit/run

fuzz: ## fuzz core/ for SECS seconds per target
	tools/testing/fuzz/run $(SECS)

harness: ## show that the guest harness notices what goes wrong in a guest
	tools/testing/qemu/selftest

guest: ## guest tests on KERNEL
	tools/testing/selftests/run -k $(KERNEL)

soak: ## races of bonds, ROUNDS rounds each, on the debug kernel (takes hours)
	tools/soak -r $(ROUNDS)

clients: ## DPDK and QEMU's NVMe driver in a guest with KERNEL
	tools/testing/clients/all -k $(KERNEL)

debug-kernel: ## build the debug kernel (about 6 minutes, once)
	tools/testing/qemu/debug-kernel

qemu-shell: ## boot KERNEL with the devices and modules of the tests, and a shell
	dir=$$(tools/lib/build-modules $(KERNEL)) && tools/testing/qemu/shell -k $(KERNEL) \
		-M "$$dir/drivers/vfio/type1x/vfio_iommu_type1x.ko" \
		-M "$$dir/drivers/vfio/hooks/vfio_type1x_hooks.ko" \
		-M "$$dir/drivers/vfio/pci/vfio_pci_type1x.ko" \
		-M "$$dir/$(TEST_MODULES)/t1x_test_device.ko"

bench: ## compare with the stock backend
	tools/bench/run

.DEFAULT_GOAL := modules
.PHONY: modules install clean help demo check check-quick check-debug static \
	static-selftest w1 sparse cocci style kdoc budget house abi-check compat-report \
	dkms unit fuzz harness guest soak clients debug-kernel qemu-shell bench
