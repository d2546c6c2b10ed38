package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// newOutputs shows what a person needs to use the stack.
func newOutputs(stack awscdk.Stack, s settings.Settings, uploads, assets awss3.IBucket, function awslambda.Function, topic awssns.Topic,
	letters awssqs.Queue) {
	output := func(id, description string, value *string) {
		awscdk.NewCfnOutput(stack, new(id), &awscdk.CfnOutputProps{Description: new(description), Value: value})
	}
	output("UploadsBucketName", "Bucket where pictures arrive", uploads.BucketName())
	output("AssetsBucketName", "Bucket of processed pictures", assets.BucketName())
	output("ProcessedPictures", "Where processed pictures are", assets.S3UrlForObject(new(s.FolderOutput)))
	output("FunctionName", "Function that turns uploads into avatars", function.FunctionName())
	output("FunctionLogs", "Log group of the function", function.LogGroup().LogGroupName())
	output("TopicArn", "Topic that hears of processed and of rejected pictures", topic.TopicArn())
	output("DeadLettersName", "Queue of what could not be done, for thumbing redrive", letters.QueueName())
	output("UploadCommand", "Uploads a picture",
		new("aws s3 cp photo.jpg "+*uploads.S3UrlForObject(new(s.FolderInput + "photo.jpg"))))
}
