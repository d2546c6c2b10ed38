package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

var (
	corpus   = flag.String("corpus", "", "folder of pictures with known answers")
	thumbing = flag.String("thumbing", "../../../bin/thumbing", "the binary to judge")
)

// What one picture may take.
const (
	maxWall     = 5 * time.Second
	maxResident = 256 << 10 // KiB

	exitRejected = 3
	side         = 512
)

func TestConformance(t *testing.T) {
	if *corpus == "" {
		t.Skip("no -corpus")
	}
	binary, err := filepath.Abs(*thumbing)
	if err != nil {
		t.Fatal(err)
	}
	grids := map[string][]string{}
	for _, row := range table(t, "grids.tsv") {
		grids[row["file"]] = []string{row["ref_grid_b64"], row["alt_grid_b64"]}
	}
	count := map[string]int{}
	for _, row := range table(t, "manifest.tsv") {
		t.Run(row["kind"]+"/"+row["file"], func(t *testing.T) {
			in := filepath.Join(*corpus, row["kind"], row["file"])
			disputed := false
			a, err := process(t.Context(), binary, in, filepath.Join(t.TempDir(), "out.png"))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case a.rejected && row["kind"] == "valid" && row["tier"] == "A":
				t.Errorf("rejected: %s", a.said)
			case a.rejected:
			case row["kind"] == "valid":
				err := a.compare(row, grids[row["file"]])
				if disputed = err != nil && row["disputed"] != ""; disputed {
					t.Logf("%v, where good decoders differ: %s", err, row["disputed"])
				} else if err != nil {
					t.Error(err)
				}
			default:
				if _, err := a.decode(); err != nil {
					t.Error(err)
				}
			}
			if row["kind"] == "hostile" {
				again, err := process(t.Context(), binary, in, filepath.Join(t.TempDir(), "out.png"))
				if err != nil {
					t.Fatal(err)
				}
				if again.rejected != a.rejected || !bytes.Equal(again.png, a.png) {
					t.Error("the second run answers otherwise")
				}
			}
			verdict := "made"
			switch {
			case t.Failed():
				verdict = "FAILED"
			case a.rejected:
				verdict = "rejected"
			case disputed:
				verdict = "disputed"
			}
			count[row["kind"]+" "+row["tier"]+" "+verdict]++
		})
	}
	for _, what := range slices.Sorted(keys(count)) {
		t.Logf("%-20s %d", what, count[what])
	}
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(*corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	records, err := r.ReadAll()
	if err != nil || len(records) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(records), err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[records[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// answer is what the command line made of a picture.
type answer struct {
	rejected bool
	said     string
	png      []byte
}

// process runs the command once. The error says which rule it broke.
func process(ctx context.Context, binary, in, out string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWall)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "process", in, out)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	a := answer{said: stderr.String()}
	if ctx.Err() != nil {
		return a, fmt.Errorf("takes longer than %s", maxWall)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && runtime.GOOS == "linux" && usage.Maxrss > maxResident {
		return a, fmt.Errorf("takes %d MiB", usage.Maxrss>>10)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		a.png, err = os.ReadFile(out)
		return a, err
	case errors.As(err, &exit) && exit.ExitCode() == exitRejected:
		a.rejected = true
		if _, err := os.Stat(out); err == nil {
			return a, errors.New("rejected, and left an output")
		}
		return a, nil
	}
	return a, fmt.Errorf("%w: %s", err, a.said)
}

// decode reads the answer, which must be a 512x512 PNG with nothing but the picture in it.
func (a answer) decode() (image.Image, error) {
	img, err := png.Decode(bytes.NewReader(a.png))
	if err != nil {
		return nil, err
	}
	if b := img.Bounds(); b.Dx() != side || b.Dy() != side {
		return nil, fmt.Errorf("the answer is %v", b)
	}
	at := 8
	for at+12 <= len(a.png) {
		kind := string(a.png[at+4 : at+8])
		if !slices.Contains([]string{"IHDR", "IDAT", "IEND", "sRGB", "gAMA", "cHRM", "PLTE", "tRNS"}, kind) {
			return nil, fmt.Errorf("the answer carries %s", kind)
		}
		at += 12 + int(binary.BigEndian.Uint32(a.png[at:]))
		if kind == "IEND" {
			break
		}
	}
	if at != len(a.png) {
		return nil, errors.New("the answer goes on behind its end")
	}
	return img, nil
}

// compare holds the answer against the known ones; one that fits is enough.
func (a answer) compare(row map[string]string, known []string) error {
	img, err := a.decode()
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return nil
	}
	w, _ := strconv.Atoi(row["w"]) // 0 where the table does not know: then the tolerance is the wide one
	h, _ := strconv.Atoi(row["h"])
	maxMean, maxCell := 3.0, 24.0
	if min(w, h) < 64 { // enlarged, where filters differ most
		maxMean, maxCell = 12, 90
	}
	got := grid(img)
	var differences []error
	for _, text := range known {
		want, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(want) != len(got) {
			continue // there is no second answer
		}
		sum, most := 0.0, 0.0
		for i := range want {
			d := math.Abs(got[i] - float64(want[i]))
			sum, most = sum+d, max(most, d)
		}
		mean := sum / float64(len(want))
		if mean <= maxMean && most <= maxCell {
			return nil
		}
		differences = append(differences, fmt.Errorf("differs by %.1f in the mean and by %.0f at most", mean, most))
	}
	return errors.Join(differences...)
}

func grid(img image.Image) []float64 {
	const block = 32
	var cells []float64
	origin := img.Bounds().Min
	for top := 0; top < side; top += block {
		for left := 0; left < side; left += block {
			var sum [4]float64
			for y := range block {
				for x := range block {
					c := color.NRGBAModel.Convert(img.At(origin.X+left+x, origin.Y+top+y)).(color.NRGBA)
					alpha := float64(c.A) / 255
					for i, v := range []uint8{c.R, c.G, c.B} {
						sum[i] += float64(v) * alpha
					}
					sum[3] += float64(c.A)
				}
			}
			for _, s := range sum {
				cells = append(cells, s/(block*block))
			}
		}
	}
	return cells
}
