// Command latency measures how long a picture takes through the local cloud: from the moment that the PUT of
// a 12-megapixel JPEG is answered to the moment that its avatar can be read. It boots bin/thumbing on free
// ports with an empty data folder, and prints the median of 20 uploads.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/disintegration/imaging"

	"github.com/thumbing/thumbing/internal/bench/devcloud"
)

const (
	width, height = 4032, 3024 // 12 megapixels, as phones make them
	quality       = 92

	pollEvery = 500 * time.Microsecond
	giveUp    = 30 * time.Second
)

func main() {
	binary := flag.String("thumbing", "bin/thumbing", "the binary to measure")
	photo := flag.String("photo", "testdata/pictures/astronaut.jpg", "the photograph to enlarge to 12 megapixels")
	rounds := flag.Int("n", 20, "uploads to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, os.Stdout, *binary, *photo, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, w io.Writer, binary, photo string, n int) error {
	picture, err := phonePicture(photo)
	if err != nil {
		return err
	}
	cloud, err := devcloud.Boot(ctx, devcloud.Options{Thumbing: devcloud.Binary(binary)})
	if err != nil {
		return err
	}
	return errors.Join(rounds(ctx, w, cloud, picture, n), cloud.End())
}

// rounds uploads the picture n times, and once before.
func rounds(ctx context.Context, w io.Writer, cloud *devcloud.Cloud, picture []byte, n int) error {
	// The first upload also starts the function.
	cold, err := once(ctx, cloud, "cold.jpg", picture)
	if err != nil {
		return err
	}
	var times []time.Duration
	for i := range n {
		d, err := once(ctx, cloud, fmt.Sprintf("%d.jpg", i), picture)
		if err != nil {
			return err
		}
		times = append(times, d)
	}
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Fprintf(w, "PUT of a 12-megapixel JPEG (%.1f MB) to readable avatar: median %.0f ms of %d, fastest %.0f, slowest %.0f; first, with the function's start, %.0f\n",
		float64(len(picture))/1e6, ms(times[len(times)/2]), len(times), ms(times[0]), ms(times[len(times)-1]), ms(cold))
	return nil
}

// phonePicture enlarges a photograph to what a phone would upload.
func phonePicture(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	small, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, imaging.Fill(small, width, height, imaging.Center, imaging.CatmullRom), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// once uploads the picture and waits for its avatar.
func once(ctx context.Context, c *devcloud.Cloud, key string, picture []byte) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	_, err := c.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(devcloud.Uploads), Key: &key, Body: bytes.NewReader(picture)})
	if err != nil {
		return 0, err
	}
	done := time.Now()
	url := c.Avatars + "/avatar/processed/" + strings.TrimSuffix(key, ".jpg") + ".png"
	for {
		found, err := readable(ctx, url)
		if found || err != nil {
			return time.Since(done), err
		}
		time.Sleep(pollEvery)
	}
}

func readable(ctx context.Context, url string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK, err
}
