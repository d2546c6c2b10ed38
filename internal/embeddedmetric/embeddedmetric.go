// Package embeddedmetric writes and reads metrics in lines of a log, from which CloudWatch takes them: no agent
// and no request is needed.
//
// Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
package embeddedmetric

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Unit is one of CloudWatch's units.
type Unit string

// The units.
const (
	None         Unit = "None"
	Count        Unit = "Count"
	Bytes        Unit = "Bytes"
	Milliseconds Unit = "Milliseconds"
)

// Metric is one measurement.
type Metric struct {
	Name  string
	Unit  Unit
	Value float64
	// Dimensions are the sets by whose values it is counted apart.
	Dimensions [][]string
}

// Line is what one line of a log measures.
type Line struct {
	Namespace  string
	Time       time.Time
	Dimensions map[string]string // values by name; none is empty
	Metrics    []Metric
}

// directive is a member of CloudWatchMetrics.
type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type definition struct {
	Name string
	Unit Unit `json:",omitempty"`
}

type metadata struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

const metadataName = "_aws"

// MarshalJSON writes the line as one JSON object. Metrics that are counted by the same sets share a directive.
func (l Line) MarshalJSON() ([]byte, error) {
	meta := metadata{Timestamp: l.Time.UnixMilli()}
	object := map[string]any{}
	for name, value := range l.Dimensions {
		object[name] = value
	}
	for _, m := range l.Metrics {
		if _, taken := object[m.Name]; taken || m.Name == metadataName {
			return nil, fmt.Errorf("the metric %s has the name of something else in its line", m.Name)
		}
		object[m.Name] = m.Value
		of := slices.IndexFunc(meta.CloudWatchMetrics, func(d directive) bool {
			return slices.EqualFunc(d.Dimensions, m.Dimensions, slices.Equal)
		})
		if of < 0 {
			of = len(meta.CloudWatchMetrics)
			meta.CloudWatchMetrics = append(meta.CloudWatchMetrics, directive{Namespace: l.Namespace, Dimensions: m.Dimensions})
		}
		d := &meta.CloudWatchMetrics[of]
		d.Metrics = append(d.Metrics, definition{m.Name, m.Unit})
	}
	object[metadataName] = meta
	return json.Marshal(object)
}

// ErrNone is the error for a line that holds no metrics.
var ErrNone = errors.New("the line holds no metrics")

// Parse reads a line of a log as CloudWatch does, but for arrays of values. A line without metrics is an error
// that wraps ErrNone.
func Parse(line []byte) (Line, error) {
	if !bytes.Contains(line, []byte(`"`+metadataName+`"`)) {
		return Line{}, ErrNone
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return Line{}, fmt.Errorf("%w: %w", ErrNone, err)
	}
	var meta metadata
	if err := json.Unmarshal(object[metadataName], &meta); err != nil {
		return Line{}, fmt.Errorf("%w: %w", ErrNone, err)
	}
	l := Line{Time: time.UnixMilli(meta.Timestamp).UTC(), Dimensions: map[string]string{}}
	for _, d := range meta.CloudWatchMetrics {
		l.Namespace = d.Namespace
		for _, name := range slices.Concat(d.Dimensions...) {
			var value string
			if err := json.Unmarshal(object[name], &value); err != nil || value == "" {
				return Line{}, fmt.Errorf("the dimension %q has no value", name)
			}
			l.Dimensions[name] = value
		}
		for _, def := range d.Metrics {
			m := Metric{Name: def.Name, Unit: def.Unit, Dimensions: d.Dimensions}
			if err := json.Unmarshal(object[def.Name], &m.Value); err != nil {
				return Line{}, fmt.Errorf("the metric %q has no value", def.Name)
			}
			l.Metrics = append(l.Metrics, m)
		}
	}
	return l, nil
}

// Sums adds up lines, apart by the values of each metric's dimensions. The zero value is empty. It is not safe
// for concurrent use.
type Sums struct{ all map[string]*Sum }

// Sum is a metric added up.
type Sum struct {
	Name       string
	Unit       Unit
	Dimensions map[string]string
	Count      int // of lines
	Total      float64
}

// Add counts a line.
func (s *Sums) Add(l Line) {
	if s.all == nil {
		s.all = map[string]*Sum{}
	}
	for _, m := range l.Metrics {
		for _, set := range m.Dimensions {
			key := m.Name
			values := map[string]string{}
			for _, name := range set {
				values[name] = l.Dimensions[name]
				key += fmt.Sprintf("|%q=%q", name, values[name])
			}
			sum, ok := s.all[key]
			if !ok {
				sum = &Sum{Name: m.Name, Unit: m.Unit, Dimensions: values}
				s.all[key] = sum
			}
			sum.Count++
			sum.Total += m.Value
		}
	}
}

// All lists the sums, by name and dimensions.
func (s *Sums) All() []Sum {
	var list []Sum
	for _, key := range slices.Sorted(maps.Keys(s.all)) {
		list = append(list, *s.all[key])
	}
	return list
}
