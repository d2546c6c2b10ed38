// Package localcloud runs a synthesized template on this machine: its buckets on a real S3 server, its
// functions behind the Lambda Runtime API, its topics with signed deliveries over HTTP, its queues for what
// could not be done.
//
// The template is the only wiring. NewPlan reads out of it what runs here, and tells in words what does
// not; Boot starts the plan's parts, each in a folder of its own:
//
//	template       values of the template
//	iam            roles, access keys and what they may do
//	s3             buckets, objects and their events
//	lambdaruntime  functions and asynchronous invocations
//	lambdaapi      invocations by Lambda's API
//	sns            topics, subscriptions and deliveries
//	sqs            queues and their messages
//	cdn            the assets bucket over HTTP
package localcloud
