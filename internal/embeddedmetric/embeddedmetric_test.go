package embeddedmetric

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func line() Line {
	byStatus := [][]string{{"FunctionName", "Status"}}
	return Line{
		Namespace: "Thumbing", Time: time.UnixMilli(1_700_000_000_123).UTC(),
		Dimensions: map[string]string{"FunctionName": "f", "Status": "rejected", "Code": "corrupt"},
		Metrics: []Metric{
			{"Uploads", Count, 1, [][]string{{"FunctionName", "Status"}, {"FunctionName", "Status", "Code"}}},
			{"Duration", Milliseconds, 12.5, byStatus},
			{"UploadBytes", Bytes, 1 << 20, byStatus},
		},
	}
}

func TestLine(t *testing.T) {
	got, err := json.Marshal(line())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Code":"corrupt","Duration":12.5,"FunctionName":"f","Status":"rejected","UploadBytes":1048576,"Uploads":1,` +
		`"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[` +
		`{"Namespace":"Thumbing","Dimensions":[["FunctionName","Status"],["FunctionName","Status","Code"]],"Metrics":[{"Name":"Uploads","Unit":"Count"}]},` +
		`{"Namespace":"Thumbing","Dimensions":[["FunctionName","Status"]],"Metrics":[{"Name":"Duration","Unit":"Milliseconds"},{"Name":"UploadBytes","Unit":"Bytes"}]}]}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(line(), again); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNamesThatMeet(t *testing.T) {
	l := line()
	l.Metrics[1].Name = "Status"
	if _, err := json.Marshal(l); err == nil {
		t.Error("a metric took the place of a dimension")
	}
}

func TestParseOtherLines(t *testing.T) {
	for text, none := range map[string]bool{
		``:                   true,
		`START RequestId: 1`: true,
		`{"msg":"hello"}`:    true,
		`"_aws"`:             true,
		`{"_aws":"x"}`:       true,
		`{"_aws":{"CloudWatchMetrics":[{"Dimensions":[["A"]]}]}}`:                false,
		`{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"M"}]}]},"M":"text"}`: false,
	} {
		if _, err := Parse([]byte(text)); err == nil || errors.Is(err, ErrNone) != none {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSums(t *testing.T) {
	var s Sums
	s.Add(line())
	s.Add(line())
	other := line()
	other.Dimensions["Code"] = "empty"
	s.Add(other)
	f, r := map[string]string{"FunctionName": "f", "Status": "rejected"}, func(code string) map[string]string {
		return map[string]string{"FunctionName": "f", "Status": "rejected", "Code": code}
	}
	want := []Sum{
		{"Duration", Milliseconds, f, 3, 37.5},
		{"UploadBytes", Bytes, f, 3, 3 << 20},
		{"Uploads", Count, f, 3, 3},
		{"Uploads", Count, r("corrupt"), 2, 2},
		{"Uploads", Count, r("empty"), 1, 1},
	}
	if d := cmp.Diff(want, s.All()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func FuzzParse(f *testing.F) {
	text, err := json.Marshal(line())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"_aws":{"Timestamp":-1,"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"M"},{"Name":"M"}]}]},"M":1e308}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse(text)
		if err != nil {
			return
		}
		var s Sums
		s.Add(l)
		for _, sum := range s.All() {
			if sum.Count == 0 {
				t.Errorf("%+v", sum)
			}
		}
	})
}
