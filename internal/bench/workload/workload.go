// Package workload makes the uploads that the local cloud is measured with: pictures of several formats and
// sizes, and files that are no pictures, to keys that each get several.
package workload

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/disintegration/imaging"

	"github.com/thumbing/thumbing/internal/thumbnail"
)

// Picture is a file to upload.
type Picture struct {
	Name   string
	Body   []byte
	Avatar []byte // the PNG that becomes of it; nil when it is rejected
}

// Pictures makes the files out of a photograph: most are JPEG, as uploads are.
func Pictures(photo string) ([]Picture, error) {
	f, err := os.Open(photo)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", photo, err)
	}
	var all []Picture
	add := func(name string, encode func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err == nil {
			err = encode(&b)
		}
		all = append(all, Picture{Name: name, Body: b.Bytes()})
	}
	for i, width := range []int{320, 640, 800, 1024, 1280, 1600, 2048} {
		tinted := tint(imaging.Resize(m, width, width*3/4, imaging.Linear), i)
		add(fmt.Sprintf("%d.jpg", width), func(b *bytes.Buffer) error { return jpeg.Encode(b, tinted, &jpeg.Options{Quality: 88}) })
	}
	small := imaging.Resize(m, 600, 600, imaging.Linear)
	add("opaque.png", func(b *bytes.Buffer) error { return png.Encode(b, small) })
	add("clear.png", func(b *bytes.Buffer) error { return png.Encode(b, fade(small)) })
	add("wave.gif", func(b *bytes.Buffer) error { return gif.Encode(b, imaging.Resize(m, 300, 300, imaging.Linear), nil) })
	if err != nil {
		return nil, err
	}
	for i := range all {
		made, err := thumbnail.Make(all[i].Body, thumbnail.Options{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
		all[i].Avatar = made.PNG
	}
	return append(all,
		Picture{Name: "cut.jpg", Body: all[2].Body[:len(all[2].Body)/2]},
		Picture{Name: "text.txt", Body: []byte("not a picture")},
		Picture{Name: "empty"}), nil
}

// tint makes the pictures of different widths different to look at.
func tint(m *image.NRGBA, i int) image.Image {
	c := color.NRGBA{byte(40 * i), byte(255 - 40*i), 128, 60}
	draw.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{}, draw.Over)
	return m
}

// fade makes a picture transparent from left to right.
func fade(m *image.NRGBA) image.Image {
	faded := imaging.Clone(m)
	for i := 3; i < len(faded.Pix); i += 4 {
		faded.Pix[i] = byte(i / 4 % faded.Rect.Dx() * 255 / faded.Rect.Dx())
	}
	return faded
}

// Upload is a file that was put under a key, and the version that S3 made of it.
type Upload struct {
	Picture
	Version string
}

// Put uploads so many files to so many keys, and returns what each key was given, in order. Several clients
// upload at a time; a key has one client, which begins with an upload when S3 has acknowledged the one before.
func Put(ctx context.Context, client *s3.Client, bucket string, pictures []Picture, uploads, keys, clients int, seed uint64) (map[string][]Upload, error) {
	all := map[string][]Upload{}
	var mu sync.Mutex
	var first error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	for worker := range clients {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			puts := map[string][]Picture{}
			for n := worker; n < uploads; n += clients {
				// The same client for the same key: keys are a multiple of clients, or some are left out.
				key := fmt.Sprintf("people/%03d", worker+clients*random.IntN(max(keys/clients, 1)))
				p := pictures[random.IntN(len(pictures))]
				if had := puts[key]; len(had) > 1 && random.IntN(3) == 0 {
					p = had[len(had)-2] // people go back to the picture before
				}
				puts[key] = append(puts[key], p)
				out, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(p.Body)})
				mu.Lock()
				if err != nil {
					if first == nil {
						first = fmt.Errorf("upload %s: %w", key, err)
						cancel()
					}
					mu.Unlock()
					return
				}
				all[key] = append(all[key], Upload{p, aws.ToString(out.VersionId)})
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return all, first
}
