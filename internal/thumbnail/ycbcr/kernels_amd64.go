package ycbcr

import "golang.org/x/sys/cpu"

//go:generate go -C ../kernels run ./ycbcr -out ../ycbcr/avx2_amd64.s -stubs ../ycbcr/avx2_amd64.go -pkg ycbcr

// vectors says whether this machine runs the kernel.
var vectors = cpu.X86.HasAVX2
