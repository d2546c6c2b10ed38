package settings

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoBuckets is the least that Parse accepts.
var twoBuckets = map[string]string{UploadsBucketName: "my-uploads", AssetsBucketName: "my-assets"}

// with returns base with changes; a change to "-" takes the variable away.
func with(base, changes map[string]string) map[string]string {
	m := maps.Clone(base)
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_, v string) bool { return v == "-" })
	return m
}

func from(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestParseDefaults(t *testing.T) {
	got, err := Parse(from(twoBuckets))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Uploads:      Bucket{Name: "my-uploads"},
		Assets:       Bucket{Name: "my-assets"},
		FolderOutput: "avatar/processed/",
		TopicName:    "cruddur-webhook-avatar",
		Architecture: "arm64",
		Concurrency:  50,
		Tracing:      true,
		CDN:          true,
		PriceClass:   "100",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("settings of two bucket names (-want +got):\n%s", d)
	}
}

func TestParseEverything(t *testing.T) {
	got, err := Parse(from(map[string]string{
		UploadsBucketName:   " pictures ",
		UploadsBucketImport: "true",
		AssetsBucketName:    "pictures",
		AssetsBucketImport:  "on",
		FolderInput:         "/avatar/original",
		FolderOutput:        "avatar/small",
		TopicName:           "Avatars_1",
		WebhookURL:          "https://api.example.com/webhooks/avatar?v=1",
		UploadOrigins:       "https://Example.com:443/, http://127.0.0.1:8080,,https://example.com",
		Architecture:        "X86_64",
		Concurrency:         "off",
		Tracing:             "off",
		CDN:                 "off",
		PriceClass:          "PriceClass_200",
		AssetsDomainName:    "Assets.Example.com.",
		HostedZoneName:      "example.com",
		HostedZoneID:        "/hostedzone/Z0A1",
		CertificateARN:      "arn:aws:acm:us-east-1:123456789012:certificate/0a-1b",
		AlarmEmail:          "me@example.com",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Uploads:        Bucket{Name: "pictures", Import: true},
		Assets:         Bucket{Name: "pictures", Import: true},
		FolderInput:    "avatar/original/",
		FolderOutput:   "avatar/small/",
		TopicName:      "Avatars_1",
		WebhookURL:     "https://api.example.com/webhooks/avatar?v=1",
		UploadOrigins:  []string{"https://example.com", "http://127.0.0.1:8080"},
		Architecture:   "x86_64",
		CDN:            false,
		PriceClass:     "200",
		DomainName:     "assets.example.com",
		HostedZoneName: "example.com",
		HostedZoneID:   "Z0A1",
		CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/0a-1b",
		AlarmEmail:     "me@example.com",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
}

// S1: one message names every variable that is wrong.
func TestParseReportsAllProblemsAtOnce(t *testing.T) {
	_, err := Parse(from(map[string]string{
		AssetsBucketName: "Assets!",
		WebhookURL:       "api.example.com/avatar",
		FolderOutput:     "",
		Architecture:     "amd64",
	}))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"UPLOADS_BUCKET_NAME is not set: write the name of the bucket",
		`ASSETS_BUCKET_NAME is "Assets!"`,
		`THUMBING_WEBHOOK_URL is "api.example.com/avatar", which has no scheme: write https://api.example.com/avatar`,
		"THUMBING_FOLDER_OUTPUT is set but empty",
		`THUMBING_ARCH is "amd64": write x86_64`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if n := len(strings.Split(err.Error(), "\n")); n != 5 {
		t.Errorf("%d lines for 5 problems:\n%v", n, err)
	}
}

func TestParseEachVariable(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := []struct {
		name     string
		accepted []string
		refused  []string
	}{
		{UploadsBucketName,
			[]string{"abc", "a.b-c.1", "123", long},
			[]string{"", "ab", long + "a", "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", "a-.b", "10.0.0.1", "xn--a", "sthree-a",
				"my-s3alias", "a--x-s3", "arn:aws:s3:::abc", "s3://abc", "a b", "übc", "a/b"}},
		{UploadsBucketImport,
			[]string{"true", "FALSE", "on", "off", "yes", "no", "1", "0", ""},
			[]string{"maybe", "2", "t"}},
		{FolderInput,
			[]string{"", "/", "a", "a/", "/a/b/", "A-1_b.c!/d'(e)", strings.Repeat("a", 511)},
			[]string{"..", "a/../b", ".", "a/./b", "a//b", "a*", "a?", "${a}", "a b", "a+b", "ä", "a\nb", `a\b`, strings.Repeat("a", 512)}},
		{FolderOutput,
			[]string{"a", "/a/", "A-1_b.c/d'e", strings.Repeat("a", 252)},
			[]string{"", " ", "/", "//", "..", "a//b", "a!", "(a)", strings.Repeat("a", 253)}},
		{TopicName,
			[]string{"a", "A-1_b", strings.Repeat("a", 256), ""},
			[]string{"a.fifo", "a.b", "a b", "arn:aws:sns:us-east-1:123456789012:a", strings.Repeat("a", 257)}},
		{WebhookURL,
			[]string{"", "https://example.com", "https://example.com:8443/a?b=c", "http://localhost:3000/x", "http://api.localhost/", "http://127.0.0.1:1",
				"http://127.8.9.1", "http://[::1]:80/", "https://[2001:db8::1]/"},
			[]string{"example.com", "localhost:3000/x", "/x", "//example.com/x", "http://example.com", "http://10.0.0.1/", "http://localhost.example.com/",
				"http://0.0.0.0/", "http://127.0.0.1.example.com/", "http://[::2]/", "ftp://example.com", "https://", "https:///x", "https://:443", "https://u:p@example.com/",
				"https://example.com/#x", "https://example.com#", "https://exa mple.com/", "https://example.com/a b", "https://example.com:0", "https://example.com:65536",
				"https://ex$ample.com", "https://ä.example", "https://example.com/\x00", "javascript://example.com/%0aalert"}},
		{UploadOrigins,
			[]string{"", ",", "https://example.com", "http://localhost:8080,https://a.example"},
			[]string{"*", "https://*.example.com", "example.com", "https://example.com/path", "https://example.com?x", "null", "https://u@example.com", "https://a.example https://b.example"}},
		{Architecture,
			[]string{"", "arm64", "x86_64", "ARM64"},
			[]string{"amd64", "aarch64", "riscv64"}},
		{Concurrency, []string{"", "off", "OFF", "1", "10000"}, []string{"0", "-1", "on", "1.5", "10001"}},
		{Tracing, []string{"", "on", "off"}, []string{"active"}},
		{CDN, []string{"", "on", "off"}, []string{"auto"}},
		{PriceClass, []string{"", "100", "200", "all", "All", "PriceClass_100"}, []string{"300", "cheap"}},
		{AlarmEmail,
			[]string{"", "me@example.com", "me+alarms@example.com"},
			[]string{"me", "me@", "Me <me@example.com>", "a@example.com,b@example.com", "me@example.com\nx"}},
	}
	for _, test := range tests {
		for _, v := range test.accepted {
			if _, err := Parse(from(with(twoBuckets, map[string]string{test.name: v}))); err != nil {
				t.Errorf("%s=%q refused: %v", test.name, v, err)
			}
		}
		for _, v := range test.refused {
			_, err := Parse(from(with(twoBuckets, map[string]string{test.name: v})))
			if err == nil {
				t.Errorf("%s=%q accepted", test.name, v)
			} else if !strings.HasPrefix(err.Error(), test.name+" ") || !strings.Contains(err.Error(), ": write ") {
				t.Errorf("%s=%q: the error does not name the variable and what to write: %v", test.name, v, err)
			}
		}
	}
}

// S2, E6, T6: an avatar must not be taken for an upload.
func TestParseOneBucket(t *testing.T) {
	tests := []struct {
		name, input, output string
		uploads, assets     string // the import switches
		wrong               string // the variable at fault; "" when accepted
	}{
		{"apart", "avatar/original", "avatar/processed", "", "", ""},
		{"one name begins like the other", "avatar", "avatar2", "", "", ""},
		{"imported", "in", "out", "true", "true", ""},
		{"whole bucket", "", "avatar/processed", "", "", FolderInput},
		{"whole bucket as a slash", "/", "avatar/processed", "", "", FolderInput},
		{"the same", "avatar", "avatar/", "", "", FolderInput},
		{"output inside input", "avatar", "avatar/processed", "", "", FolderInput},
		{"input inside output", "avatar/original", "avatar", "", "", FolderInput},
		{"half imported", "in", "out", "true", "false", AssetsBucketImport},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(from(map[string]string{
				UploadsBucketName: "pictures", AssetsBucketName: "pictures",
				UploadsBucketImport: test.uploads, AssetsBucketImport: test.assets,
				FolderInput: test.input, FolderOutput: test.output,
			}))
			switch {
			case test.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), test.wrong+" ")):
				t.Errorf("got error %v, want one of %s", err, test.wrong)
			}
		})
	}
	// In two buckets the same folders are no loop.
	if _, err := Parse(from(with(twoBuckets, map[string]string{FolderInput: "a", FolderOutput: "a"}))); err != nil {
		t.Errorf("the same folder of two buckets refused: %v", err)
	}
}

func TestParseDomain(t *testing.T) {
	const cert = "arn:aws:acm:us-east-1:123456789012:certificate/0a"
	tests := []struct {
		name, domain, zone, id, cert string
		wrong                        string
	}{
		{"all", "assets.example.com", "example.com", "Z1", cert, ""},
		{"zone by its name", "assets.example.com", "example.com", "", cert, ""},
		{"DNS elsewhere", "assets.example.com", "", "", cert, ""},
		{"the zone itself", "example.com", "example.com", "", cert, ""},
		{"own certificate", "assets.example.com", "example.com", "Z1", "", ""},
		{"outside the zone", "assets.example.org", "example.com", "", cert, AssetsDomainName},
		{"ends like the zone", "badexample.com", "example.com", "", cert, AssetsDomainName},
		{"zone without domain", "", "example.com", "", "", AssetsDomainName},
		{"certificate without domain", "", "", "", cert, AssetsDomainName},
		{"domain without certificate", "assets.example.com", "example.com", "", "", CertificateARN},
		{"zone without name", "assets.example.com", "", "Z1", cert, HostedZoneName},
		{"zone's id without the rest", "", "", "Z1", "", HostedZoneName},
		{"certificate elsewhere", "assets.example.com", "example.com", "", "arn:aws:acm:eu-west-1:123456789012:certificate/0a", CertificateARN},
		{"no certificate", "assets.example.com", "example.com", "", "arn:aws:iam::123456789012:server-certificate/x", CertificateARN},
		{"a URL", "https://assets.example.com", "", "", cert, AssetsDomainName},
		{"one label", "localhost", "", "", cert, AssetsDomainName},
		{"wildcard", "*.example.com", "", "", cert, AssetsDomainName},
		{"bad zone", "assets.example.com", "example..com", "", cert, HostedZoneName},
		{"bad zone id", "assets.example.com", "example.com", "example.com", cert, HostedZoneID},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(from(with(twoBuckets, map[string]string{
				AssetsDomainName: test.domain, HostedZoneName: test.zone, HostedZoneID: test.id, CertificateARN: test.cert})))
			switch {
			case test.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), test.wrong+" ")):
				t.Errorf("got error %v, want one of %s", err, test.wrong)
			}
		})
	}
}

// What CloudFront takes in no path is no matter where there is no CDN.
func TestParseFolderWithoutCDN(t *testing.T) {
	s, err := Parse(from(with(twoBuckets, map[string]string{FolderOutput: "out!(1)", CDN: "off"})))
	if err != nil || s.FolderOutput != "out!(1)/" {
		t.Errorf("%q, %v", s.FolderOutput, err)
	}
}

// A certificate of the stack's own is where the stack is, and CloudFront looks in one region.
func TestCheckRegion(t *testing.T) {
	own := Settings{CDN: true, DomainName: "assets.example.com", HostedZoneName: "example.com", HostedZoneID: "Z1"}
	given, off, plain := own, own, Settings{CDN: true}
	given.CertificateARN, off.CDN = "arn", false
	for _, test := range []struct {
		name    string
		s       Settings
		region  string
		refused bool
	}{
		{"own, elsewhere", own, "eu-west-1", true},
		{"own, there", own, "us-east-1", false},
		{"own, not known where", own, "", false},
		{"given", given, "eu-west-1", false},
		{"no CDN", off, "eu-west-1", false},
		{"no domain", plain, "eu-west-1", false},
	} {
		if err := test.s.CheckRegion(test.region); (err != nil) != test.refused {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("uploads", "assets", "", "avatar/processed", "https://example.com/x", "https://example.com", "assets.example.com", "me@example.com")
	f.Add("pictures", "pictures", "in", "out", "http://localhost:1", "http://127.0.0.1:8080,https://a.example", "", "")
	f.Add("pictures", "pictures", "", "/", "http://[::1", "*", "a..b", "@")
	f.Add("a.b.c", "10.0.0.1", "../a", "a/..", "://", "null", "-", "<a@b>")
	f.Fuzz(func(t *testing.T, uploads, assets, input, output, webhook, origins, domain, email string) {
		vars := map[string]string{
			UploadsBucketName: uploads, AssetsBucketName: assets, FolderInput: input, FolderOutput: output,
			WebhookURL: webhook, UploadOrigins: origins, AssetsDomainName: domain, AlarmEmail: email,
			CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/0a",
		}
		s, err := Parse(from(vars))
		if err != nil {
			return
		}
		if !strings.HasSuffix(s.FolderOutput, "/") || strings.HasPrefix(s.FolderOutput, "/") {
			t.Fatalf("output folder %q", s.FolderOutput)
		}
		written, read := s.FolderOutput+"me.png", s.FolderInput+"me.png"
		if s.OneBucket() && (strings.HasPrefix(written, s.FolderInput) || strings.HasPrefix(read, s.FolderOutput)) {
			t.Fatalf("loops: %q and %q", s.FolderInput, s.FolderOutput)
		}
		// What the stack would hand to the function is accepted there and means the same.
		fn, err := ParseFunction(from(s.Function().Variables()))
		if err != nil {
			t.Fatalf("the function refuses what the stack accepted: %v", err)
		}
		if d := cmp.Diff(s.Function(), fn); d != "" {
			t.Fatalf("the function reads other settings (-stack +function):\n%s", d)
		}
		// Normalised values are left as they are.
		vars[FolderInput], vars[FolderOutput], vars[UploadOrigins] = s.FolderInput, s.FolderOutput, strings.Join(s.UploadOrigins, ",")
		vars[AssetsDomainName] = s.DomainName
		again, err := Parse(from(vars))
		if d := cmp.Diff(s, again); err != nil || d != "" {
			t.Fatalf("a second reading differs: %v\n%s", err, d)
		}
	})
}

// writeDotEnv makes a folder with a .env file.
func writeDotEnv(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// clearEnv unsets variables until the test ends.
func clearEnv(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Setenv(name, "") // puts the old value back at the end
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
}

// S6: the shell wins over .env, and the settings tell which file was read.
func TestLoad(t *testing.T) {
	const sdk = "AWS_ENDPOINT_URL"
	clearEnv(t, AssetsBucketName, FolderInput, sdk)
	t.Setenv(UploadsBucketName, "from-shell")
	dir := writeDotEnv(t, `# buckets
UPLOADS_BUCKET_NAME=from-file
export ASSETS_BUCKET_NAME="assets-from-file" # quoted
AWS_ENDPOINT_URL=http://localhost:9000
`)
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Uploads.Name != "from-shell" || s.Assets.Name != "assets-from-file" {
		t.Errorf("buckets %q and %q", s.Uploads.Name, s.Assets.Name)
	}
	if want := filepath.Join(dir, ".env"); s.DotEnv != want {
		t.Errorf("DotEnv %q, want %q", s.DotEnv, want)
	}
	if got := os.Getenv(sdk); got != "http://localhost:9000" {
		t.Errorf("%s=%q: what the file says does not reach the SDK", sdk, got)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	t.Setenv(UploadsBucketName, "u-1")
	t.Setenv(AssetsBucketName, "a-1")
	s, err := Load(t.TempDir())
	if err != nil || s.DotEnv != "" {
		t.Errorf("DotEnv %q, error %v", s.DotEnv, err)
	}
}

func TestLoadBrokenFile(t *testing.T) {
	for _, text := range []string{"UPLOADS_BUCKET_NAME\n", "A='b\n", strings.Repeat("# a\n", maxDotEnv/4+1)} {
		dir := writeDotEnv(t, text)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), ".env") {
			t.Errorf("%.20q: error %v, want one that names the file", text, err)
		}
	}
}

func TestEnviron(t *testing.T) {
	clearEnv(t, AssetsBucketName, FolderInput)
	t.Setenv(UploadsBucketName, "from-shell")
	t.Setenv(TopicName, "")
	dir := writeDotEnv(t, "UPLOADS_BUCKET_NAME=from-file\nASSETS_BUCKET_NAME=from-file\n")
	got, err := Environ(dir, map[string]string{AssetsBucketName: "default", FolderInput: "default", TopicName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		UploadsBucketName + "=from-shell",
		AssetsBucketName + "=from-file",
		FolderInput + "=default",
		TopicName + "=", // set to nothing is set
	} {
		name, _, _ := strings.Cut(want, "=")
		var values []string
		for _, kv := range got {
			if strings.HasPrefix(kv, name+"=") {
				values = append(values, kv)
			}
		}
		if !slices.Equal(values, []string{want}) {
			t.Errorf("got %q, want %q once", values, want)
		}
	}
	if _, set := os.LookupEnv(AssetsBucketName); set {
		t.Errorf("%s is set in this process too", AssetsBucketName)
	}
}

func TestLoadCDK(t *testing.T) {
	t.Setenv(CDKContext, `{"a":1}`)
	t.Setenv(CDKOutDir, "out")
	t.Setenv(CDKRegion, "eu-west-1")
	t.Setenv(JSIINode, "/usr/bin/node")
	want := CDK{`{"a":1}`, "out", "eu-west-1", "/usr/bin/node"}
	if got := LoadCDK(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The example names every variable, and what it suggests is accepted.
func TestDotEnvExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && !strings.Contains(name, " ") {
			line = strings.TrimPrefix(line, "#")
		}
		lines = append(lines, line)
	}
	_, vars, err := readDotEnv(writeDotEnv(t, strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	lookup := func(name string) (string, bool) {
		asked[name] = true
		v, ok := vars[name]
		if !ok && name != MaxBytes { // which the stack sets for the function
			t.Errorf("%s is missing", name)
		}
		return v, ok
	}
	if _, err := Parse(lookup); err != nil {
		t.Error(err)
	}
	if _, err := ParseProfile(lookup); err == nil || err.Error() != SessionKey+" is that of .env.example, which everybody knows: "+
		"write the output of openssl rand -base64 32; a new key goes before the old one, with a comma between" {
		t.Error(err)
	}
	for name := range vars {
		if !asked[name] && !strings.HasPrefix(name, "AWS_") {
			t.Errorf("%s is no variable of ours", name)
		}
	}
}

func TestDeadLettersName(t *testing.T) {
	for topic, want := range map[string]string{
		"avatars":                "avatars-dead-letters",
		strings.Repeat("a", 67):  strings.Repeat("a", 67) + "-dead-letters",
		strings.Repeat("a", 256): strings.Repeat("a", 67) + "-dead-letters",
	} {
		if got := (Settings{TopicName: topic}).DeadLettersName(); got != want || len(got) > 80 {
			t.Errorf("%s: %s, want %s", topic, got, want)
		}
	}
}

// Who only replays dead letters needs no buckets; .env counts for it all the same.
func TestLoadDeadLettersName(t *testing.T) {
	clearEnv(t, TopicName)
	if got, err := LoadDeadLettersName(t.TempDir()); err != nil || got != DefaultTopicName+"-dead-letters" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := LoadDeadLettersName(writeDotEnv(t, TopicName+"=mine\n")); err != nil || got != "mine-dead-letters" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv(TopicName, "not a topic")
	if got, err := LoadDeadLettersName(t.TempDir()); err == nil || !strings.HasPrefix(err.Error(), TopicName+" ") {
		t.Errorf("got %q, %v", got, err)
	}
}
