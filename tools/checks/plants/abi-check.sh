# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "two members exchanged" "vfio_iommu_driver_ops differs" <<'END'
sed -i '/^\tvoid (\*release)/{h;d}; /^\tlong (\*ioctl)/{p;x}' compat/include/vfio/driver.h
END

plant "a parameter of another type" "ours .*dma_rw.*int, bool" <<'END'
sed -i 's/void \*data, size_t count/void *data, int count/' compat/include/vfio/driver.h
END

plant "a member too many before the tail" "vfio_iommu_driver_ops differs" <<'END'
sed -i 's/^\tvoid (\*notify)/\tvoid *planted;\n&/' compat/include/vfio/driver.h
END

plant "another last member than the one that may be there" "ours .*'planted'" <<'END'
sed -i 's/(\*notify)/(*planted)/' compat/include/vfio/driver.h
END

plant "a member that is missing" "vfio_iommu_driver_ops differs" <<'END'
sed -i '/group_iommu_domain)/d' compat/include/vfio/driver.h
END

plant "enumerators exchanged" "vfio_group_type differs" <<'END'
sed -i 's/VFIO_IOMMU,/VFIO_X,/; s/VFIO_NO_IOMMU,/VFIO_IOMMU,/; s/VFIO_X,/VFIO_NO_IOMMU,/' \
	compat/include/vfio/driver.h
END

plant "a function with another result" "vfio_register_iommu_driver differs" <<'END'
sed -i 's/^int vfio_register/long vfio_register/' compat/include/vfio/driver.h
END

plant "members of a container exchanged" "vfio_container differs" <<'END'
sed -i '/^\tvoid \*iommu_data/{h;d}; /^\tbool noiommu/{p;x}' compat/include/vfio/container.h
END

plant "a lock of another kind" "ours .*'group_lock'.*mutex" <<'END'
sed -i 's/struct rw_semaphore group_lock/struct mutex group_lock/
	s/linux.rwsem/linux\/mutex/' compat/include/vfio/container.h
END

plant "a backend with a member too many" "vfio_iommu_driver differs" <<'END'
sed -i 's/^\tstruct list_head vfio_next;/\tvoid *planted;\n&/' compat/include/vfio/container.h
END

plant "arguments of a probed function exchanged" "show_fd_locks differs" <<'END'
sed -i 's/struct seq_file \*m, struct file \*file,/struct file *file, struct seq_file *m,/' \
	compat/include/vfio/probed.h
END

plant "first members of a unit exchanged" "intel_iommu differs" <<'END'
sed -i '/^\tu64 reg_size;/{h;d}; /^\tu64 cap;/{p;x}' compat/include/iommu/intel.h
END

plant "a probed function that the kernel does not have" "planted: the kernel has none" <<'END'
sed -i 's/show_fd_locks/planted/g' compat/include/vfio/probed.h tools/checks/abi/mirror.c \
	tools/checks/abi/list
END

plant "a declaration that is not mirrored" "not in the mirror" <<'END'
printf 'struct\tplanted\tvfio\n' >>tools/checks/abi/list
END
