package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// newOutputs shows what a person needs to use the stack.
func newOutputs(stack awscdk.Stack, s settings.Settings, b buckets, function awslambda.Function, topic awssns.Topic,
	letters awssqs.Queue, cdn awscloudfront.Distribution) {
	output := func(id, description string, value *string) {
		awscdk.NewCfnOutput(stack, new(id), &awscdk.CfnOutputProps{Description: new(description), Value: value})
	}
	output("UploadsBucketName", "Bucket where pictures arrive", b.uploads.BucketName())
	output("AssetsBucketName", "Bucket of processed pictures", b.assets.BucketName())
	output("ProcessedPictures", "Where processed pictures are", b.assets.S3UrlForObject(new(s.FolderOutput)))
	output("FunctionName", "Function that turns uploads into avatars", function.FunctionName())
	output("FunctionLogs", "Log group of the function", function.LogGroup().LogGroupName())
	output("TopicArn", "Topic that hears of processed and of rejected pictures", topic.TopicArn())
	output("DeadLettersName", "Queue of what could not be done, for thumbing redrive", letters.QueueName())
	output("UploadCommand", "Uploads a picture",
		new("aws s3 cp photo.jpg "+*b.uploads.S3UrlForObject(new(s.FolderInput + "photo.jpg"))))
	if cdn == nil {
		return
	}
	host := *cdn.DistributionDomainName()
	output("CDNDomainName", "Name of the CDN, which a custom domain is another name of", new(host))
	if s.DomainName != "" {
		host = s.DomainName
	}
	output("AvatarURL", "Where the picture of that upload is served", new("https://"+host+"/"+s.FolderOutput+"photo.png"))
	if s.Assets.Import {
		output("AssetsBucketPolicy", "To be added to the policy of the assets bucket, which is not the stack's, for the CDN to read from it",
			policyFor(stack, s, b, cdn))
	}
}

// policyFor is a bucket policy that lets the CDN read the processed pictures, as JSON.
func policyFor(stack awscdk.Stack, s settings.Settings, b buckets, cdn awscloudfront.Distribution) *string {
	statements := readersOf(stack, s, b.assets, cdn)
	return stack.ToJsonString(awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}), nil)
}
