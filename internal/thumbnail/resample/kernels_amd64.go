package resample

import "golang.org/x/sys/cpu"

//go:generate go -C ../kernels run ./resample -out ../resample/avx2_amd64.s -stubs ../resample/avx2_amd64.go -pkg resample

// vectors says whether this machine runs the kernels.
var vectors = cpu.X86.HasAVX2
