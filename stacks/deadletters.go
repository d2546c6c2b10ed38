package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// SQS's most: what nobody has looked at in two weeks nobody will.
const deadLettersDays = 14

// newDeadLetters makes the queue for what could not be done: events that the function failed on to the last,
// and notifications that the webhook did not take. "thumbing redrive" replays them.
func newDeadLetters(stack awscdk.Stack, s settings.Settings) awssqs.Queue {
	return awssqs.NewQueue(stack, new("DeadLetters"), &awssqs.QueueProps{
		QueueName:       new(s.DeadLettersName()),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      new(true),
		RetentionPeriod: awscdk.Duration_Days(new(float64(deadLettersDays))),
	})
}
