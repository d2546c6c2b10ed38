package main

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/localcloud/sqs"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
	"github.com/thumbing/thumbing/internal/s3event"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

func TestMain(m *testing.M) {
	testscript.Main(databasetest.Suite{M: m}, map[string]func(){
		"thumbing":      main,
		s3ServerCommand: s3Server,
	})
}

// TestScripts runs the real command line: one script a subject.
func TestScripts(t *testing.T) {
	server := startS3(t)
	letters := startLetterCloud(t)
	project, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			thumbing, err := exec.LookPath("thumbing") // the place of this test binary under that name
			if err != nil {
				return err
			}
			uploads, err := server.newBucket()
			if err != nil {
				return err
			}
			assets, err := server.newBucket()
			if err != nil {
				return err
			}
			env.Values[serverValue] = server
			env.Values[lettersValue] = letters
			env.Vars = append(env.Vars,
				"UPLOADS_BUCKET_NAME="+uploads,
				"ASSETS_BUCKET_NAME="+assets,
				"AWS_ENDPOINT_URL="+server.endpoint,
				"AWS_ACCESS_KEY_ID="+testAccessKey,
				"AWS_SECRET_ACCESS_KEY="+testSecretKey,
				"AWS_EC2_METADATA_DISABLED=true", // never look beyond this machine
				"HOME="+env.WorkDir,
				"BIN="+filepath.Dir(thumbing),
				"PROJECT="+project,
				"TZ=UTC",
				"ESCAPE=\x1b[2Jx",
				"LETTERS="+letters.URL,
				"HTTPS="+strings.Replace(server.endpoint, "http:", "https:", 1),
			)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":     cmdCode,
			"function": cmdFunction,
			"picture":  cmdPicture,
			"isavatar": cmdIsAvatar,
			"letter":   cmdLetter,
			"letters":  cmdLetters,
			"object":   cmdObject,
			"put":      cmdPut,
		},
	})
}

const (
	serverValue  = "s3 server"
	lettersValue = "cloud with dead letters"
)

// cmdCode runs a command and checks its exit code: code 3 thumbing process - out.png.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, not %s", got, args[0])
	}
}

// cmdFunction makes what the stack takes for the thumbnail function: the header of an executable for Linux on arm64.
func cmdFunction(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: function FILE")
	}
	header := elf.Header64{
		Ident:   [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:    uint16(elf.ET_EXEC),
		Machine: uint16(elf.EM_AARCH64),
		Version: uint32(elf.EV_CURRENT),
		Ehsize:  64,
	}
	var b bytes.Buffer
	ts.Check(binary.Write(&b, binary.LittleEndian, header))
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o755))
}

// cmdPicture makes a picture of 60x40 pixels: picture photo.jpg.
func cmdPicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: picture FILE")
	}
	img := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			img.SetRGBA(x, y, color.RGBA{uint8(4 * x), uint8(6 * y), 128, 255})
		}
	}
	var b bytes.Buffer
	var err error
	switch filepath.Ext(args[0]) {
	case ".png":
		err = png.Encode(&b, img)
	default:
		err = jpeg.Encode(&b, img, nil)
	}
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

// cmdIsAvatar checks that a file, or stdout, is a PNG of 512x512 pixels: isavatar out.png.
func cmdIsAvatar(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: isavatar FILE")
	}
	config, err := png.DecodeConfig(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	if config.Width != 512 || config.Height != 512 {
		ts.Fatalf("%s has %dx%d pixels", args[0], config.Width, config.Height)
	}
}

// cmdObject checks that an object is there, or is not: ! object $ASSETS_BUCKET_NAME avatar/processed/a.png.
func cmdObject(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] object BUCKET KEY")
	}
	server := ts.Value(serverValue).(*s3TestServer)
	_, err := server.client.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &args[0], Key: &args[1]})
	if err != nil && !isNotFound(err) {
		ts.Check(err)
	}
	if there := err == nil; there == neg {
		ts.Fatalf("%s/%s is there: %t", args[0], args[1], there)
	}
}

// cmdLetter puts what files hold into a queue, which it makes if need be: letter QUEUE FILE...
func cmdLetter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: letter QUEUE FILE...")
	}
	cloud := ts.Value(lettersValue).(*letterCloud)
	q, err := cloud.queues.CreateQueue(args[0], sqs.Defaults())
	ts.Check(err)
	for _, file := range args[1:] {
		_, err := q.Send(context.Background(), strings.TrimSpace(ts.ReadFile(file)))
		ts.Check(err)
	}
}

// cmdLetters checks how many letters a queue has that nobody holds: letters QUEUE N.
func cmdLetters(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: letters QUEUE N")
	}
	visible, held, err := ts.Value(lettersValue).(*letterCloud).letters(args[0])
	ts.Check(err)
	if visible != args[1] || held != "0" {
		ts.Fatalf("%s letters are there, not %s, and %s held", visible, args[1], held)
	}
}

// cmdPut puts an object as the function would: put BUCKET KEY [SOURCE].
func cmdPut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: put BUCKET KEY [SOURCE]")
	}
	server := ts.Value(serverValue).(*s3TestServer)
	in := &s3.PutObjectInput{Bucket: &args[0], Key: &args[1], Body: strings.NewReader("picture")}
	if strings.HasSuffix(args[1], "/") {
		in.Body = nil
	}
	if len(args) == 3 {
		in.Metadata = provenance(args[2], "0123456789abcdef")
	}
	_, err := server.client.PutObject(context.Background(), in)
	ts.Check(err)
}

// provenance is the metadata of a picture that the function made from an upload.
func provenance(source, etag string) map[string]string {
	sequencer, err := s3event.ParseSequencer("0055AED6DCD90281E5")
	if err != nil {
		panic(err)
	}
	return avatar.Provenance{Key: source, ETag: etag, Sequencer: sequencer, Time: time.Now()}.Metadata()
}
