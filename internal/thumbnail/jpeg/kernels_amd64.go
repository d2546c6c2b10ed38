package jpeg

import "golang.org/x/sys/cpu"

//go:generate go -C ../kernels run ./jpeg -out ../jpeg/avx2_amd64.s -stubs ../jpeg/avx2_amd64.go -pkg jpeg -neon ../jpeg/neon_arm64.s

// vectors says whether this machine runs the kernels.
var vectors = cpu.X86.HasAVX2
