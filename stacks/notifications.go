package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawss3"
	"github.com/aws/constructs-go/constructs/v10"
)

// notifyFunction invokes the function for every object that comes into being below folder, by whatever
// call: large files arrive as multipart uploads, which a rule for PUT alone would miss.
func notifyFunction(bucket awss3.IBucket, function awslambda.Function, folder string) {
	bucket.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewLambdaDestination(function), below(folder)...)
}

// notifyTopic tells the topic of the name of every object that comes into being below folder.
func notifyTopic(bucket awss3.IBucket, topic awssns.Topic, name, folder string) {
	bucket.AddEventNotification(awss3.EventType_OBJECT_CREATED, &topicDestination{topic, name}, below(folder)...)
}

func below(folder string) []*awss3.NotificationKeyFilter {
	if folder == "" {
		return nil
	}
	return []*awss3.NotificationKeyFilter{{Prefix: new(folder)}}
}

// topicDestination sends a bucket's events to a topic. The CDK's own lets the bucket publish whoever owns it.
type topicDestination struct {
	topic awssns.Topic
	name  string // the topic's
}

// Bind lets S3 publish to the topic on behalf of the bucket.
func (d *topicDestination) Bind(_ constructs.Construct, bucket interfacesawss3.IBucketRef) *awss3.BucketNotificationDestinationConfig {
	added := letPublish(d.topic, d.name, "BucketMayPublish", "s3.amazonaws.com", bucket.BucketRef().BucketArn)
	return &awss3.BucketNotificationDestinationConfig{
		Type:         awss3.BucketNotificationDestinationType_TOPIC,
		Arn:          d.topic.TopicArn(),
		Dependencies: &[]constructs.IDependable{added.PolicyDependable},
	}
}

// notificationsHandler is the CDK's own function that sets the notifications of buckets, by construct id.
const notificationsHandler = "BucketNotificationsHandler050a0587b7544547bf325f094a3db834"

// narrowNotificationsHandler takes from the CDK's notifications handler the right to write any log of the
// account, and gives it a log group of its own. Its other rights are to the notifications of the stack's
// buckets only.
func narrowNotificationsHandler(stack awscdk.Stack) {
	handler := stack.Node().FindChild(new(notificationsHandler))
	logs := newLogGroup(stack, "NotificationsHandlerLogs")

	role := handler.Node().FindChild(new("Role")).(awsiam.Role)
	role.Node().DefaultChild().(awsiam.CfnRole).AddPropertyDeletionOverride(new("ManagedPolicyArns"))
	role.AddToPolicy(writeLogs(logs))

	function := handler.Node().DefaultChild().(awscdk.CfnResource)
	function.AddPropertyOverride(new("LoggingConfig"), map[string]any{"LogGroup": logs.LogGroupName()})
}
