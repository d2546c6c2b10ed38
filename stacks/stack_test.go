package stacks

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/settings"
)

// everything are settings that use all of the stack.
func everything() settings.Settings {
	return withVariables(map[string]string{
		settings.FolderInput:   "avatar/original/",
		settings.WebhookURL:    "https://api.example.com/webhooks/avatar",
		settings.UploadOrigins: "https://www.example.com,http://127.0.0.1:8080",

		settings.AssetsDomainName: "assets.example.com",
		settings.HostedZoneName:   "example.com",
		settings.HostedZoneID:     "Z0123456789",
		settings.PriceClass:       settings.PriceClassAll,
		settings.AlarmEmail:       "alarms@example.com",
	})
}

// imported are settings of buckets that exist already.
func imported() settings.Settings {
	return withVariables(map[string]string{
		settings.UploadsBucketImport: "true",
		settings.AssetsBucketImport:  "true",
		settings.Architecture:        settings.X8664,
		settings.WebhookURL:          "http://localhost:3000/avatar",
		settings.TopicName:           "avatars",
		settings.Concurrency:         "off",
		settings.Tracing:             "off",
	})
}

// oneBucket are settings of a bucket for everything.
func oneBucket() settings.Settings {
	return withVariables(map[string]string{
		settings.UploadsBucketName: "pictures",
		settings.AssetsBucketName:  "pictures",
		settings.FolderInput:       "in",
		settings.FolderOutput:      "out",
	})
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

func TestGoldenTemplate(t *testing.T) {
	golden := filepath.Join("..", "testdata", "template", StackID+".template.json")
	got := assetHash.ReplaceAll(synthesize(t, everything()).text, []byte("HASH"))
	got = append(bytes.TrimRight(got, "\n"), '\n')
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("the template is not as %s; if that is wanted, run go test ./stacks -update (-want +got):\n%s", golden, d)
	}
}

func TestEverything(t *testing.T) {
	tmpl := synthesize(t, everything())

	t.Run("function", func(t *testing.T) {
		f := tmpl.at(t, "Thumbnailer/Resource")
		for key, want := range map[string]string{
			"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": "[arm64]", "MemorySize": "1024", "Timeout": "30",
			"Role": "${ThumbnailerRole.Arn}", "LoggingConfig": "{LogFormat:JSON LogGroup:${ThumbnailerLogs}}",
			"ReservedConcurrentExecutions": "50", "TracingConfig": "{Mode:Active}", "RecursiveLoop": "Terminate",
		} {
			tmpl.check(t, f, want, key)
		}
		tmpl.check(t, tmpl.at(t, "ThumbnailerLogs/Resource"), "30", "RetentionInDays")
		tmpl.check(t, f, "{DEST_BUCKET_NAME:${Assets} FOLDER_INPUT:avatar/original/ FOLDER_OUTPUT:avatar/processed/ GOMEMLIMIT:921MiB MAX_BYTES:33554432 "+
			"MAX_JPEG_PIXELS:256000000 MAX_PIXELS:50000000 PROCESS_HEIGHT:512 PROCESS_WIDTH:512 SOURCE_BUCKET_NAME:${Uploads} TOPIC_ARN:${Topic}}", "Environment", "Variables")

		// T10: nothing in the environment but names and numbers of the stack.
		// T5: AWS's two retries, no event given up while it waits, and then not lost.
		retries := tmpl.of("AWS::Lambda::EventInvokeConfig")
		if len(retries) != 1 {
			t.Fatalf("%d EventInvokeConfigs", len(retries))
		}
		for key, want := range map[string]string{
			"FunctionName": "${Thumbnailer}", "Qualifier": "$LATEST", "MaximumRetryAttempts": "2", "MaximumEventAgeInSeconds": "21600",
			"DestinationConfig": "{OnFailure:{Destination:${DeadLetters.Arn}}}",
		} {
			tmpl.check(t, retries[0], want, key)
		}
	})

	t.Run("role", func(t *testing.T) {
		// T4: to the log, from the uploads, to the avatars, of rejections and failures; nothing else, and no policy of AWS's.
		role := tmpl.at(t, "ThumbnailerRole/Resource")
		tmpl.check(t, role, "null", "ManagedPolicyArns")
		tmpl.check(t, role, "null", "Policies")
		tmpl.check(t, role, "[{Action:sts:AssumeRole Effect:Allow Principal:{Service:lambda.amazonaws.com}}]", "AssumeRolePolicyDocument", "Statement")
		var got []statement
		for _, p := range tmpl.of("AWS::IAM::Policy") {
			if slices.Contains(tmpl.each(p.Properties["Roles"]), "${ThumbnailerRole}") {
				got = append(got, tmpl.statements(t, p)...)
			}
		}
		want := []statement{
			{Sid: "WriteLogs", Effect: "Allow", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{"${ThumbnailerLogs.Arn}"}},
			{Sid: "ReadUploads", Effect: "Allow", Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{"${Uploads.Arn}/avatar/original/*"}},
			{Sid: "WriteAvatars", Effect: "Allow", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"${Assets.Arn}/avatar/processed/*"}},
			{Sid: "PublishRejections", Effect: "Allow", Actions: []string{"sns:Publish"}, Resources: []string{"${Topic}"}},
			{Sid: "UseTopicKey", Effect: "Allow", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{"${TopicKey.Arn}"}},
			{Sid: "SendDeadLetters", Effect: "Allow", Actions: []string{"sqs:SendMessage"}, Resources: []string{"${DeadLetters.Arn}"}},
			traces,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("what the function may do (-want +got):\n%s", d)
		}
	})

	t.Run("notifications", func(t *testing.T) {
		// T6: uploads go to the function, avatars to the topic, and no avatar to the function.
		if n := len(tmpl.of("Custom::S3BucketNotifications")); n != 2 {
			t.Fatalf("%d notifications", n)
		}
		uploads := tmpl.at(t, "Uploads/Notifications/Resource")
		tmpl.check(t, uploads, "${Uploads}", "BucketName")
		tmpl.check(t, uploads, "{LambdaFunctionConfigurations:[{Events:[s3:ObjectCreated:*] Filter:{Key:{FilterRules:[{Name:prefix Value:avatar/original/}]}} LambdaFunctionArn:${Thumbnailer.Arn}}]}",
			"NotificationConfiguration")
		assets := tmpl.at(t, "Assets/Notifications/Resource")
		tmpl.check(t, assets, "${Assets}", "BucketName")
		tmpl.check(t, assets, "{TopicConfigurations:[{Events:[s3:ObjectCreated:*] Filter:{Key:{FilterRules:[{Name:prefix Value:avatar/processed/}]}} TopicArn:${Topic}}]}",
			"NotificationConfiguration")
		// S3 checks that it may publish when the notification is set: the policy must be there first.
		var first []string
		for _, id := range assets.DependsOn.([]any) {
			first = append(first, tmpl.name(id.(string)))
		}
		if !slices.Contains(first, "Topic/Policy") {
			t.Errorf("the notification waits for %q, not for the topic's policy", first)
		}
	})

	t.Run("invocation", func(t *testing.T) {
		// T2: S3 may invoke for this bucket of this account only.
		permissions := tmpl.of("AWS::Lambda::Permission")
		if len(permissions) != 1 {
			t.Fatalf("%d permissions", len(permissions))
		}
		for key, want := range map[string]string{
			"Action": "lambda:InvokeFunction", "FunctionName": "${Thumbnailer.Arn}", "Principal": "s3.amazonaws.com",
			"SourceAccount": "${AWS::AccountId}", "SourceArn": "${Uploads.Arn}",
		} {
			tmpl.check(t, permissions[0], want, key)
		}
	})

	t.Run("topic", func(t *testing.T) {
		// T8
		topic := tmpl.at(t, "Topic/Resource")
		tmpl.check(t, topic, "cruddur-webhook-avatar", "TopicName")
		tmpl.check(t, topic, "2", "SignatureVersion")
		tmpl.check(t, topic, "${TopicKey.Arn}", "KmsMasterKeyId")
		webhook := tmpl.at(t, "Webhook/Resource")
		for key, want := range map[string]string{
			"Protocol": "https", "Endpoint": "https://api.example.com/webhooks/avatar", "TopicArn": "${Topic}", "RawMessageDelivery": "null",
			"RedrivePolicy": "{deadLetterTargetArn:${DeadLetters.Arn}}",
		} {
			tmpl.check(t, webhook, want, key)
		}
		// T3: this bucket of this account may publish; nobody may without TLS.
		policy := tmpl.at(t, "Topic/Policy/Resource")
		tmpl.check(t, policy, "[${Topic}]", "Topics")
		want := []statement{
			{Sid: "AllowPublishThroughSSLOnly", Effect: "Deny", Principal: "*", Actions: []string{"sns:Publish"}, Resources: []string{"${Topic}"},
				Condition: "{Bool:{aws:SecureTransport:false}}"},
			{Sid: "BucketMayPublish", Effect: "Allow", Principal: "{Service:s3.amazonaws.com}", Actions: []string{"sns:Publish"}, Resources: []string{"${Topic}"},
				Condition: "{ArnLike:{aws:SourceArn:${Assets.Arn}} StringEquals:{aws:SourceAccount:${AWS::AccountId}}}"},
		}
		if d := cmp.Diff(want, tmpl.statements(t, policy)); d != "" {
			t.Errorf("the topic's policy (-want +got):\n%s", d)
		}
	})

	t.Run("dead letters", func(t *testing.T) {
		// T5: encrypted, kept as long as SQS can, from the topic and with TLS only.
		queue := tmpl.at(t, "DeadLetters/Resource")
		for key, want := range map[string]string{
			"QueueName": "cruddur-webhook-avatar-dead-letters", "SqsManagedSseEnabled": "true", "MessageRetentionPeriod": "1209600",
		} {
			tmpl.check(t, queue, want, key)
		}
		policy := tmpl.at(t, "DeadLetters/Policy/Resource")
		tmpl.check(t, policy, "[${DeadLetters}]", "Queues")
		want := []statement{
			{Effect: "Deny", Principal: "{AWS:*}", Actions: []string{"sqs:*"}, Resources: []string{"${DeadLetters.Arn}"},
				Condition: "{Bool:{aws:SecureTransport:false}}"},
			{Effect: "Allow", Principal: "{Service:sns.amazonaws.com}", Actions: []string{"sqs:SendMessage"}, Resources: []string{"${DeadLetters.Arn}"},
				Condition: "{ArnEquals:{aws:SourceArn:${Topic}}}"},
		}
		if d := cmp.Diff(want, tmpl.statements(t, policy)); d != "" {
			t.Errorf("the queue's policy (-want +got):\n%s", d)
		}
	})

	t.Run("outputs", func(t *testing.T) {
		want := map[string]string{
			"UploadsBucketName": "${Uploads}",
			"AssetsBucketName":  "${Assets}",
			"ProcessedPictures": "s3://${Assets}/avatar/processed/",
			"FunctionName":      "${Thumbnailer}",
			"FunctionLogs":      "${ThumbnailerLogs}",
			"TopicArn":          "${Topic}",
			"DeadLettersName":   "${DeadLetters.QueueName}",
			"UploadCommand":     "aws s3 cp photo.jpg s3://${Uploads}/avatar/original/photo.jpg",
			"CDNDomainName":     "${CDN.DomainName}",
			"AvatarURL":         "https://assets.example.com/avatar/processed/photo.png",
		}
		if d := cmp.Diff(want, tmpl.outputs(t)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("rights", func(t *testing.T) { checkRights(t, tmpl) })
}

func TestDefaults(t *testing.T) {
	tmpl := synthesize(t, defaults())
	if tmpl.has("Webhook/Resource") {
		t.Error("there is a subscription without a webhook")
	}
	tmpl.check(t, tmpl.at(t, "Uploads/Resource"), "null", "CorsConfiguration")
	if tmpl.has("Alarms/Resource") {
		t.Error("there is a topic of alarms that nobody hears")
	}
	// Without an input folder every upload is taken.
	tmpl.check(t, tmpl.at(t, "Uploads/Notifications/Resource"),
		"{LambdaFunctionConfigurations:[{Events:[s3:ObjectCreated:*] LambdaFunctionArn:${Thumbnailer.Arn}}]}", "NotificationConfiguration")
	checkRights(t, tmpl)
}

func TestImported(t *testing.T) {
	tmpl := synthesize(t, imported())
	for _, r := range append(tmpl.of("AWS::S3::Bucket"), tmpl.of("AWS::S3::BucketPolicy")...) {
		if !strings.HasPrefix(r.Metadata.Path, StackID+"/AccessLogs/") {
			t.Errorf("%s would change a bucket that is not the stack's", r.Metadata.Path)
		}
	}
	// What the stack cannot do for the CDN it says.
	if got, want := tmpl.outputs(t)["AssetsBucketPolicy"], `{"Statement":[`+
		`{"Action":"s3:GetObject","Condition":{"StringEquals":{"aws:SourceArn":"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${CDN}"}},`+
		`"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Resource":"arn:${AWS::Partition}:s3:::my-assets/avatar/processed/*","Sid":"CDNReadsPictures"},`+
		`{"Action":"s3:ListBucket","Condition":{"StringEquals":{"aws:SourceArn":"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${CDN}"}},`+
		`"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Resource":"arn:${AWS::Partition}:s3:::my-assets","Sid":"CDNTellsMissingPictures"}],"Version":"2012-10-17"}`; got != want {
		t.Errorf("the policy to add is\n%s, want\n%s", got, want)
	}
	f := tmpl.at(t, "Thumbnailer/Resource")
	tmpl.check(t, f, "null", "ReservedConcurrentExecutions")
	tmpl.check(t, f, "null", "TracingConfig")
	tmpl.check(t, tmpl.at(t, "Thumbnailer/Resource"), "[x86_64]", "Architectures")
	tmpl.check(t, tmpl.at(t, "Topic/Resource"), "avatars", "TopicName")
	tmpl.check(t, tmpl.at(t, "Webhook/Resource"), "http", "Protocol")
	tmpl.check(t, tmpl.at(t, "Webhook/Resource"), "http://localhost:3000/avatar", "Endpoint")

	// S10: our notifications are added to and taken from whatever others have set.
	const arn = "arn:${AWS::Partition}:s3:::"
	for id, name := range map[string]string{"Uploads": "my-uploads", "Assets": "my-assets"} {
		n := tmpl.at(t, id+"/Notifications/Resource")
		tmpl.check(t, n, name, "BucketName")
		tmpl.check(t, n, "false", "Managed")
		want := []statement{{Effect: "Allow", Actions: []string{"s3:GetBucketNotification", "s3:PutBucketNotification"}, Resources: []string{arn + name}}}
		if d := cmp.Diff(want, tmpl.statements(t, tmpl.at(t, id+"/Notifications/HandlerPolicy/Resource"))); d != "" {
			t.Errorf("what the CDK's handler may do with %s (-want +got):\n%s", id, d)
		}
	}
	// T2, T3
	tmpl.check(t, tmpl.of("AWS::Lambda::Permission")[0], arn+"my-uploads", "SourceArn")
	tmpl.check(t, tmpl.of("AWS::Lambda::Permission")[0], "${AWS::AccountId}", "SourceAccount")
	publish := tmpl.statements(t, tmpl.at(t, "Topic/Policy/Resource"))[1]
	if want := "{ArnLike:{aws:SourceArn:" + arn + "my-assets} StringEquals:{aws:SourceAccount:${AWS::AccountId}}}"; publish.Condition != want {
		t.Errorf("who may publish: %s, want %s", publish.Condition, want)
	}
	checkRights(t, tmpl)
}

func TestOneBucket(t *testing.T) {
	for name, s := range map[string]settings.Settings{"created": oneBucket(), "imported": func() settings.Settings {
		s := oneBucket()
		s.Uploads.Import, s.Assets.Import = true, true
		return s
	}()} {
		t.Run(name, func(t *testing.T) {
			tmpl := synthesize(t, s)
			bucket, arn := "${Uploads}", "${Uploads.Arn}"
			if s.Uploads.Import {
				bucket, arn = "pictures", "arn:${AWS::Partition}:s3:::pictures"
			}
			if tmpl.has("Uploads/Resource") == s.Uploads.Import || tmpl.has("Assets/Resource") {
				t.Errorf("%d buckets", len(tmpl.of("AWS::S3::Bucket")))
			}
			// T6: one configuration, each target with its own folder.
			if n := len(tmpl.of("Custom::S3BucketNotifications")); n != 1 {
				t.Errorf("%d notifications of one bucket: the last would replace the others", n)
			}
			tmpl.check(t, tmpl.at(t, "Uploads/Notifications/Resource"),
				"{LambdaFunctionConfigurations:[{Events:[s3:ObjectCreated:*] Filter:{Key:{FilterRules:[{Name:prefix Value:in/}]}} LambdaFunctionArn:${Thumbnailer.Arn}}]"+
					" TopicConfigurations:[{Events:[s3:ObjectCreated:*] Filter:{Key:{FilterRules:[{Name:prefix Value:out/}]}} TopicArn:${Topic}}]}", "NotificationConfiguration")
			f := tmpl.at(t, "Thumbnailer/Resource")
			tmpl.check(t, f, bucket, "Environment", "Variables", settings.SourceBucketName)
			tmpl.check(t, f, bucket, "Environment", "Variables", settings.DestBucketName)
			rights := tmpl.statements(t, tmpl.at(t, "ThumbnailerRole/DefaultPolicy/Resource"))
			want := []string{arn + "/in/*", arn + "/out/*"}
			if got := slices.Concat(rights[1].Resources, rights[2].Resources); !slices.Equal(got, want) {
				t.Errorf("the function may reach %q, want %q", got, want)
			}
			checkRights(t, tmpl)
		})
	}
}

// traces is the one thing that is allowed on everything: X-Ray has no resources to name (AWS Service
// Authorization Reference, "Actions, resources, and condition keys for AWS X-Ray").
var traces = statement{Effect: "Allow", Actions: []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, Resources: []string{"*"}}

// checkRights looks at all that is allowed to anyone: no action and no resource by wildcard but the
// objects below a folder, no principal but a service, and no policy of AWS's. T4
func checkRights(t *testing.T, tmpl template) {
	t.Helper()
	roles := tmpl.of("AWS::IAM::Role")
	if len(roles) != 2 {
		t.Errorf("%d roles, want the function's and that of the CDK's handler", len(roles))
	}
	for _, role := range roles {
		tmpl.check(t, role, "null", "ManagedPolicyArns")
		tmpl.check(t, role, "null", "Policies")
	}
	allowed := 0
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"} {
		for _, r := range tmpl.of(kind) {
			for _, s := range tmpl.statements(t, r) {
				if s.Effect != "Allow" || cmp.Equal(s, traces) {
					continue
				}
				allowed++
				if strings.Contains(s.Principal, "*") {
					t.Errorf("%s allows %q to %s", r.Metadata.Path, s.Actions, s.Principal)
				}
				for _, action := range s.Actions {
					if strings.Contains(action, "*") {
						t.Errorf("%s allows %s", r.Metadata.Path, action)
					}
				}
				for _, on := range s.Resources {
					objects := strings.HasSuffix(on, "/*") && !slices.ContainsFunc(s.Actions, func(a string) bool {
						return !slices.Contains([]string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}, a)
					})
					if strings.Contains(strings.TrimSuffix(on, "/*"), "*") || strings.HasSuffix(on, "*") && !objects {
						t.Errorf("%s allows %q on %s", r.Metadata.Path, s.Actions, on)
					}
				}
			}
		}
	}
	if allowed < 6 {
		t.Errorf("only %d statements allow anything: the test looks at the wrong place", allowed)
	}
	// The CDK's handler writes to its own log.
	handler := tmpl.at(t, notificationsHandler+"/Resource")
	tmpl.check(t, handler, "{LogGroup:${NotificationsHandlerLogs}}", "LoggingConfig")
}
