package localcloud

import (
	"os"
	"strings"
	"testing"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
)

// functionWith is the plan of a template with one function, whose role is R, and these resources.
func functionWith(t *testing.T, resources string) (Function, string) {
	t.Helper()
	p := planOf(t, `{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023",
	  "Role": {"Fn::GetAtt": ["R", "Arn"]}, "LoggingConfig": {"LogGroup": "group"}}}, `+resources+`}}`)
	var said []string
	for _, n := range p.Notices {
		said = append(said, n.String())
	}
	return p.Functions[0], strings.Join(said, "\n")
}

// TestRoles finds what a role may do wherever a template can say it.
func TestRoles(t *testing.T) {
	const allow = `{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}, "/in/*"]]}}}`
	const bucket = `"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}, `
	for name, resources := range map[string]string{
		"a policy": bucket + `"R": {"Type": "AWS::IAM::Role"}, "P": {"Type": "AWS::IAM::Policy", "Properties":
		  {"PolicyName": "P", "Roles": [{"Ref": "R"}], "PolicyDocument": ` + allow + `}}`,
		"an inline policy": bucket + `"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "Policies": [{"PolicyName": "p", "PolicyDocument": ` + allow + `}]}}`,
		"a managed policy that names the role": bucket + `"R": {"Type": "AWS::IAM::Role"}, "P": {"Type": "AWS::IAM::ManagedPolicy", "Properties":
		  {"Roles": [{"Ref": "R"}], "PolicyDocument": ` + allow + `}}`,
		"a managed policy that the role names": bucket + `"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [{"Ref": "P"}]}},
		  "P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "mine", "PolicyDocument": ` + allow + `}}`,
	} {
		f, said := functionWith(t, resources)
		for resource, want := range map[string]iam.Decision{"arn:aws:s3:::b/in/me.jpg": iam.Allowed, "arn:aws:s3:::b/me.jpg": iam.ImplicitDeny} {
			if got := f.Role.Decide("s3:GetObject", resource); got != want {
				t.Errorf("%s: of %s it says %d", name, resource, got)
			}
		}
		if said != "" {
			t.Errorf("%s: said %s", name, said)
		}
	}
}

func TestManagedPoliciesOfAWS(t *testing.T) {
	const basic = `"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns":
	  [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]]}]}}`
	f, said := functionWith(t, basic)
	if got := f.Role.Decide("logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:group:log-stream:s"); got != iam.Allowed || said != "" {
		t.Errorf("got %d, said %s", got, said)
	}
}

// TestUnknownRights says what cannot be known, and gives no rights for it.
func TestUnknownRights(t *testing.T) {
	for _, c := range []struct{ name, resources, said string }{
		{"a condition", `"R": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": {"Sid": "Home", "Effect": "Allow",
		  "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}}}}]}}`,
			"R (AWS::IAM::Role): the statement Home has a condition, not evaluated here: it allows nothing"},
		{"another's managed policy", `"R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}}`,
			"R (AWS::IAM::Role): the managed policy arn:aws:iam::aws:policy/AdministratorAccess is not in this template: it allows nothing here"},
		{"a boundary", `"R": {"Type": "AWS::IAM::Role", "Properties": {"PermissionsBoundary": "arn:aws:iam::1:policy/b"}}`,
			"R (AWS::IAM::Role): PermissionsBoundary has no effect here"},
		{"a role elsewhere", `"R": {"Type": "AWS::IAM::Role"}, "P": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": ["other"], "PolicyDocument": {"Statement": []}}}`,
			"P (AWS::IAM::Policy): its role other is not in this template"},
	} {
		f, said := functionWith(t, c.resources)
		if got := f.Role.Decide("s3:GetObject", "arn:aws:s3:::b/k"); got != iam.ImplicitDeny || said != c.said {
			t.Errorf("%s: got %d, said %s", c.name, got, said)
		}
	}
	p := planOf(t, `{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Role": "arn:aws:iam::1:role/theirs"}}}}`)
	want := "Stack-F (AWS::Lambda::Function): what its role may do is not told by this template: here the function may do everything"
	if got := p.Functions[0].Role.Decide("s3:GetObject", "arn:aws:s3:::b/k"); got != iam.Allowed || len(p.Notices) != 1 || p.Notices[0].String() != want {
		t.Errorf("an imported role: got %d, said %v", got, p.Notices)
	}
}

// TestRoleOfOurStack holds what the function of the real template may do, and what it may not.
func TestRoleOfOurStack(t *testing.T) {
	text, err := os.ReadFile("../../testdata/template/ThumbingServerlessCdkStack.template.json")
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, string(text))
	f := p.Functions[0]
	uploads, assets := "arn:aws:s3:::"+f.Env["SOURCE_BUCKET_NAME"], "arn:aws:s3:::"+f.Env["DEST_BUCKET_NAME"]
	in, out := uploads+"/"+f.Env["FOLDER_INPUT"]+"me.jpg", assets+"/"+f.Env["FOLDER_OUTPUT"]+"me.png"
	for _, c := range []struct {
		action, resource string
		want             iam.Decision
	}{
		{"s3:GetObject", in, iam.Allowed},
		{"s3:GetObjectVersion", in, iam.Allowed},
		{"s3:PutObject", in, iam.ImplicitDeny},
		{"s3:DeleteObject", in, iam.ImplicitDeny},
		{"s3:ListBucket", uploads, iam.ImplicitDeny},
		{"s3:GetObject", out, iam.Allowed},
		{"s3:PutObject", out, iam.Allowed},
		{"s3:DeleteObject", out, iam.ImplicitDeny},
		{"s3:PutObject", assets + "/elsewhere", iam.ImplicitDeny},
		{"s3:ListBucket", assets, iam.ImplicitDeny},
		{"s3:PutBucketPolicy", assets, iam.ImplicitDeny},
		{"sns:Publish", p.Topics[0].ARN, iam.Allowed},
		{"sns:Subscribe", p.Topics[0].ARN, iam.ImplicitDeny},
		{"sqs:SendMessage", f.OnFailure, iam.Allowed},
		{"sqs:ReceiveMessage", f.OnFailure, iam.ImplicitDeny},
		{"logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:" + f.LogGroup + ":log-stream:s", iam.Allowed},
		{"logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:other:log-stream:s", iam.ImplicitDeny},
	} {
		if got := f.Role.Decide(c.action, c.resource); got != c.want {
			t.Errorf("%s on %s: %d, want %d", c.action, c.resource, got, c.want)
		}
	}
}

// TestTopicKeys finds the key that whoever publishes to a topic needs the right to use.
func TestTopicKeys(t *testing.T) {
	const made = `, "K": {"Type": "AWS::KMS::Key"}`
	for id, want := range map[string]string{
		`{"Fn::GetAtt": ["K", "Arn"]}`: "arn:aws:kms:us-east-1:000000000000:key/K",
		`{"Ref": "K"}`:                 "arn:aws:kms:us-east-1:000000000000:key/K",
		`"alias/aws/sns"`:              "",
	} {
		p := planOf(t, `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "KmsMasterKeyId": `+id+`}}`+made+`}}`)
		if got := p.Topics[0].Key; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}
