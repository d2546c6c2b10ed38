package png

import "golang.org/x/sys/cpu"

//go:generate go -C ../kernels run ./png -out ../png/avx2_amd64.s -stubs ../png/avx2_amd64.go -pkg png

// vectors says whether this machine runs the kernels.
var vectors = cpu.X86.HasAVX2
