package template

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var place = Place{Partition: "aws", Region: "eu-west-1", AccountID: "000000000000"}

// world is a small template that has every kind of resource a value may refer to.
const world = `{
  "Parameters": {"Stage": {"Type": "String", "Default": "dev"}, "Bare": {"Type": "String"}},
  "Conditions": {
    "IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
    "IsProd": {"Fn::Not": [{"Condition": "IsDev"}]},
    "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
    "Either": {"Fn::Or": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
    "Loop": {"Fn::Not": [{"Condition": "Loop"}]}
  },
  "Resources": {
    "Up": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "up-${x}"}, "Metadata": {"aws:cdk:path": "World/Up/Resource"}},
    "Bare": {"Type": "AWS::S3::Bucket"},
    "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "thumb"}},
    "Role": {"Type": "AWS::IAM::Role"},
    "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Join": ["", ["/aws/lambda/", {"Ref": "Fn"}]]}}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "avatars"}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
    "Gone": {"Type": "AWS::SQS::Queue", "Condition": "IsProd"},
    "Circle": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Circle"}}},
    "Odd": {"Type": "AWS::Odd::Thing"}
  },
  "Outputs": {"TopicArn": {"Description": "the topic", "Value": {"Ref": "Topic"}}}
}`

func read(t *testing.T, text string) *Template {
	t.Helper()
	tpl, err := Read(strings.NewReader(text), "World", place)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func TestValues(t *testing.T) {
	tpl := read(t, world)
	for _, c := range []struct{ in, want, err string }{
		{in: `"plain"`, want: "plain"},
		{in: `{"Ref": "AWS::AccountId"}`, want: "000000000000"},
		{in: `{"Ref": "AWS::Region"}`, want: "eu-west-1"},
		{in: `{"Ref": "AWS::StackName"}`, want: "World"},
		{in: `{"Ref": "Stage"}`, want: "dev"},
		{in: `{"Ref": "Up"}`, want: "up-${x}"},
		{in: `{"Fn::GetAtt": ["Up", "Arn"]}`, want: "arn:aws:s3:::up-${x}"},
		{in: `{"Fn::GetAtt": "Up.RegionalDomainName"}`, want: "up-${x}.s3.eu-west-1.amazonaws.com"},
		{in: `{"Fn::GetAtt": ["Fn", "Arn"]}`, want: "arn:aws:lambda:eu-west-1:000000000000:function:thumb"},
		{in: `{"Fn::GetAtt": ["Role", "Arn"]}`, want: "arn:aws:iam::000000000000:role/World-Role"},
		{in: `{"Fn::GetAtt": ["Log", "Arn"]}`, want: "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/thumb:*"},
		{in: `{"Ref": "Topic"}`, want: "arn:aws:sns:eu-west-1:000000000000:avatars"},
		{in: `{"Ref": "Queue"}`, want: "https://sqs.eu-west-1.amazonaws.com/000000000000/dead"},
		{in: `{"Fn::GetAtt": ["Queue", "Arn"]}`, want: "arn:aws:sqs:eu-west-1:000000000000:dead"},
		{in: `{"Fn::Join": ["-", ["a", 1, true]]}`, want: "a-1-true"},
		{in: `{"Fn::Sub": "arn:${AWS::Partition}:${Topic.TopicName}:${!kept}"}`, want: "arn:aws:avatars:${kept}"},
		{in: `{"Fn::Sub": ["${name}/${Stage}", {"name": {"Ref": "Fn"}}]}`, want: "thumb/dev"},
		{in: `{"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}`, want: "b"},
		{in: `{"Fn::If": ["IsDev", "yes", "no"]}`, want: "yes"},
		{in: `{"Fn::If": ["Both", "yes", "no"]}`, want: "no"},
		{in: `{"Fn::If": ["Either", "yes", "no"]}`, want: "yes"},
		{in: `{"Ref": "Nothing"}`, err: `Ref "Nothing" names nothing in the template`},
		{in: `{"Ref": "Bare2"}`, err: "names nothing"},
		{in: `{"Fn::GetAtt": ["Odd", "Arn"]}`, err: "Fn::GetAtt Odd.Arn (AWS::Odd::Thing) is not understood here"},
		{in: `{"Fn::ImportValue": "other"}`, err: "Fn::ImportValue is not understood here"},
		{in: `{"Ref": "Circle"}`, err: "circle"},
		{in: `{"Fn::If": ["Loop", 1, 2]}`, err: "circle"},
		{in: `{"Fn::If": ["None", 1, 2]}`, err: `condition "None" is not in the template`},
		{in: `{"Fn::Select": [3, ["a"]]}`, err: "Fn::Select 3 is not in its list"},
		{in: `{"Fn::Sub": "${Nothing}"}`, err: "Fn::Sub ${Nothing}"},
		{in: `{"Fn::Join": ["-"]}`, err: "Fn::Join wants two arguments"},
		{in: `"{{resolve:ssm:/x}}"`, err: "needs an AWS account"},
	} {
		var v any
		if err := decodeJSON(strings.NewReader(c.in), &v); err != nil {
			t.Fatal(err)
		}
		got, err := tpl.resolver().value(v)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got %v, %v; want the error %q", c.in, got, err, c.err)
			}
		case err != nil || got != c.want:
			t.Errorf("%s: got %v, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestParameterWithoutDefaultIsNamed(t *testing.T) {
	tpl := read(t, `{"Parameters": {"Stage": {"Type": "String"}}, "Resources": {"A": {"Type": "T"}}}`)
	_, err := tpl.resolver().value(map[string]any{"Ref": "Stage"})
	if err == nil || !strings.Contains(err.Error(), "parameter Stage has no default") {
		t.Errorf("got %v", err)
	}
}

func TestResourcesFollowConditions(t *testing.T) {
	all, err := read(t, world).Resources()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.LogicalID == "Gone" {
			t.Error("a resource whose condition is false is listed")
		}
		if r.LogicalID == "Up" && r.Name() != "World/Up" {
			t.Errorf("name of Up is %q", r.Name())
		}
	}
	if len(all) != 9 {
		t.Errorf("%d resources, want 9", len(all))
	}
}

func TestDecodeTellsWhatItLeavesOut(t *testing.T) {
	tpl := read(t, `{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {
	  "Timeout": 30, "Role": {"Ref": "AWS::NoValue"}, "Zebra": 1, "Extra": {"Ref": "AWS::Region"}}}}}`)
	all, err := tpl.Resources()
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Timeout int
		Role    string
	}
	unknown, err := tpl.Decode(all[0], &f)
	if err != nil {
		t.Fatal(err)
	}
	if f.Timeout != 30 || f.Role != "" {
		t.Errorf("decoded %+v", f)
	}
	if diff := cmp.Diff([]string{"Extra", "Zebra"}, unknown); diff != "" {
		t.Error(diff)
	}
}

func TestOutputs(t *testing.T) {
	got, err := read(t, world).Outputs()
	if err != nil {
		t.Fatal(err)
	}
	want := []Output{{"TopicArn", "the topic", "arn:aws:sns:eu-west-1:000000000000:avatars"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpen(t *testing.T) {
	manifest := `{"artifacts": {
	  "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
	  "World": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "%s"}}}}`
	write := func(dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, manifest, template, stack, err string }{
		{name: "whole", manifest: strings.Replace(manifest, "%s", "w.json", 1), template: world},
		{name: "by name", manifest: strings.Replace(manifest, "%s", "w.json", 1), template: world, stack: "World"},
		{name: "other stack", manifest: strings.Replace(manifest, "%s", "w.json", 1), template: world, stack: "Moon", err: `holds 0 stacks`},
		{name: "outside", manifest: strings.Replace(manifest, "%s", "../w.json", 1), err: "outside"},
		{name: "no manifest", err: "no cloud assembly"},
		{name: "no JSON", manifest: "{", err: "no cloud assembly"},
		{name: "template no JSON", manifest: strings.Replace(manifest, "%s", "w.json", 1), template: "AWSTemplate: yaml", err: "no JSON template"},
		{name: "empty", manifest: strings.Replace(manifest, "%s", "w.json", 1), template: "{}", err: "no resources"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.manifest != "" {
				write(dir, "manifest.json", c.manifest)
			}
			write(dir, "w.json", c.template)
			tpl, err := Open(dir, c.stack, place)
			if c.err == "" {
				if err != nil || tpl.Stack != "World" {
					t.Errorf("got %v, %v", tpl, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}

// FuzzRead holds that any template is read, or refused with an error, and that its values resolve or fail
// without a panic or an endless circle.
func FuzzRead(f *testing.F) {
	f.Add([]byte(world))
	f.Add([]byte(`{"Resources": {"A": {"Type": "T", "Properties": {"X": {"Fn::Sub": ["${A}${", {"A": {"Ref": "A"}}]}}}}}`))
	f.Add([]byte(`{"Conditions": {"C": {"Fn::Or": []}}, "Resources": {"A": {"Type": "T", "Condition": "C"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tpl, err := Read(strings.NewReader(string(b)), "World", place)
		if err != nil {
			return
		}
		all, err := tpl.Resources()
		if err != nil {
			return
		}
		for _, r := range all {
			var into struct{ X any }
			if _, err := tpl.Decode(r, &into); err != nil && !strings.Contains(err.Error(), r.Type) {
				t.Errorf("the error does not name the resource's type %q: %v", r.Type, err)
			}
		}
	})
}
