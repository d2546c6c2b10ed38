// Command latency measures how long a picture takes through the local cloud: from the moment that the PUT of
// a 12-megapixel JPEG is answered to the moment that its avatar can be read. It boots bin/thumbing on free
// ports with an empty data folder, and prints the median of 20 uploads.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/disintegration/imaging"
)

const (
	uploads = "latency-uploads"
	assets  = "latency-assets"

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

func measure(ctx context.Context, w io.Writer, binary, photo string, rounds int) error {
	picture, err := phonePicture(photo)
	if err != nil {
		return err
	}
	cloud, err := boot(ctx, binary)
	if err != nil {
		return err
	}
	defer cloud.end()
	// The first upload also starts the function.
	cold, err := cloud.once(ctx, "cold.jpg", picture)
	if err != nil {
		return err
	}
	var times []time.Duration
	for i := range rounds {
		d, err := cloud.once(ctx, fmt.Sprintf("%d.jpg", i), picture)
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

// cloud is a running "thumbing dev".
type cloud struct {
	cmd     *exec.Cmd
	dir     string
	s3      *s3.Client
	avatars string // URL of the assets bucket
}

// boot starts "thumbing dev" and returns when it says that it is ready.
func boot(ctx context.Context, binary string) (*cloud, error) {
	dir, err := os.MkdirTemp("", "latency")
	if err != nil {
		return nil, err
	}
	var addresses [3]string
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, binary, "dev", "--data", dir,
		"--listen", addresses[0], "--cdn-listen", addresses[1], "--s3-listen", addresses[2])
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(cmd.Environ(), "UPLOADS_BUCKET_NAME="+uploads, "ASSETS_BUCKET_NAME="+assets)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &cloud{cmd: cmd, dir: dir, avatars: "http://" + addresses[1], s3: s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + addresses[2]), UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", ""),
	})}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // a full pipe would stop the cloud
			return c, nil
		}
	}
	c.end()
	return nil, errors.New("thumbing dev ended before it was ready")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (c *cloud) end() {
	if err := errors.Join(c.cmd.Process.Signal(os.Interrupt), c.cmd.Wait(), os.RemoveAll(c.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "latency: ending thumbing dev:", err)
	}
}

// once uploads the picture and waits for its avatar.
func (c *cloud) once(ctx context.Context, key string, picture []byte) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(uploads), Key: &key, Body: bytes.NewReader(picture)})
	if err != nil {
		return 0, err
	}
	done := time.Now()
	url := c.avatars + "/avatar/processed/" + strings.TrimSuffix(key, ".jpg") + ".png"
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
