package jpeg

// vectors says that this machine runs the kernels: every arm64 has NEON. They are generated with those for amd64.
const vectors = true

// idct4Vector is idct4. It may read up to 16 bytes from every row on.
//
//go:noescape
func idct4Vector(b *int16, out *uint8, stride int)

// idct5Vector is idct5. It may read up to 16 bytes from every row on.
//
//go:noescape
func idct5Vector(b *int16, out *uint8, stride int)

// idct6Vector is idct6. It may read up to 16 bytes from every row on.
//
//go:noescape
func idct6Vector(b *int16, out *uint8, stride int)

// idct7Vector is idct7. It may read up to 16 bytes from every row on.
//
//go:noescape
func idct7Vector(b *int16, out *uint8, stride int)

// idct8Vector is idct8. It may read up to 16 bytes from every row on.
//
//go:noescape
func idct8Vector(b *int16, out *uint8, stride int)
