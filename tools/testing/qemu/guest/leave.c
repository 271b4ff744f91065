// SPDX-License-Identifier: GPL-2.0-only
/*
 * leave STATUS - end QEMU with that exit status, on arm64
 *
 * The Arm semihosting call for that; QEMU has to allow it to user space.  Where it
 * does not, the instruction is an illegal one and kills this program.
 */
#include <stdint.h>
#include <stdlib.h>

#define SYS_EXIT_EXTENDED	0x20
#define APPLICATION_EXIT	0x20026

int main(int argc, char **argv)
{
	volatile uint64_t block[2] = { APPLICATION_EXIT, argc > 1 ? atoi(argv[1]) : 1 };
	register uint64_t operation __asm__("x0") = SYS_EXIT_EXTENDED;
	register volatile uint64_t *argument __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(argument) : "memory");
	return 1;
}
