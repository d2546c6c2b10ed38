package template

import (
	"fmt"
	"strings"
)

// physicalID is what Ref gives for a resource: the name it would have when created.
// Sources: each type's "Return values" in the AWS CloudFormation Template Reference.
func (r resolver) physicalID(res Resource) (any, error) {
	switch res.Type {
	case "AWS::S3::Bucket":
		return r.named(res, "BucketName")
	case "AWS::Lambda::Function":
		return r.named(res, "FunctionName")
	case "AWS::IAM::Role":
		return r.named(res, "RoleName")
	case "AWS::Logs::LogGroup":
		return r.named(res, "LogGroupName")
	case "AWS::IAM::ManagedPolicy":
		return r.arnOf(res, "ManagedPolicyName", "arn:"+r.t.Place.Partition+":iam::"+r.t.Place.AccountID+":policy/")
	case "AWS::SNS::Topic":
		return r.attribute(res, "TopicArn")
	case "AWS::SQS::Queue":
		name, err := r.named(res, "QueueName")
		return fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", r.t.Place.Region, r.t.Place.AccountID, name), err
	}
	return res.LogicalID, nil
}

// attribute is what Fn::GetAtt gives for a resource.
func (r resolver) attribute(res Resource, att string) (any, error) {
	switch res.Type + " " + att {
	case "AWS::S3::Bucket Arn":
		return r.arnOf(res, "BucketName", "arn:"+r.t.Place.Partition+":s3:::")
	case "AWS::S3::Bucket DomainName":
		name, err := r.named(res, "BucketName")
		return name + ".s3.amazonaws.com", err
	case "AWS::S3::Bucket RegionalDomainName":
		name, err := r.named(res, "BucketName")
		return name + ".s3." + r.t.Place.Region + ".amazonaws.com", err
	case "AWS::Lambda::Function Arn":
		return r.arnOf(res, "FunctionName", r.arn("lambda", "function:"))
	case "AWS::IAM::Role Arn":
		return r.arnOf(res, "RoleName", "arn:"+r.t.Place.Partition+":iam::"+r.t.Place.AccountID+":role/")
	case "AWS::Logs::LogGroup Arn":
		name, err := r.named(res, "LogGroupName")
		return r.arn("logs", "log-group:"+name+":*"), err
	case "AWS::SNS::Topic TopicArn":
		return r.arnOf(res, "TopicName", r.arn("sns", ""))
	case "AWS::SNS::Topic TopicName":
		return r.named(res, "TopicName")
	case "AWS::SQS::Queue Arn":
		return r.arnOf(res, "QueueName", r.arn("sqs", ""))
	case "AWS::SQS::Queue QueueName":
		return r.named(res, "QueueName")
	case "AWS::SQS::Queue QueueUrl":
		return r.physicalID(res)
	}
	switch res.Type + " " + att {
	case "AWS::KMS::Key Arn":
		return r.arn("kms", "key/"+res.LogicalID), nil
	case "AWS::CloudFront::Distribution DomainName":
		return strings.ToLower(res.LogicalID) + ".cloudfront.net", nil
	case "AWS::CloudFront::OriginAccessControl Id":
		return res.LogicalID, nil
	case "AWS::CloudFront::Function FunctionARN":
		return "arn:" + r.t.Place.Partition + ":cloudfront::" + r.t.Place.AccountID + ":function/" + res.LogicalID, nil
	}
	return nil, fmt.Errorf("Fn::GetAtt %s.%s (%s) is not understood here", res.LogicalID, att, res.Type)
}

func (r resolver) arnOf(res Resource, property, prefix string) (any, error) {
	name, err := r.named(res, property)
	return prefix + name, err
}

// named is the name a template gives a resource, else one made of the stack's name and the logical id,
// as CloudFormation does but without the random ending. Bucket names must be lower case.
func (r resolver) named(res Resource, property string) (string, error) {
	given, ok := res.Properties[property]
	if !ok {
		name := r.t.Stack + "-" + res.LogicalID
		if res.Type == "AWS::S3::Bucket" {
			name = strings.ToLower(name)
		}
		return name, nil
	}
	v, err := r.value(given)
	if err != nil {
		return "", fmt.Errorf("%s of %s: %w", property, res.Name(), err)
	}
	return text(v)
}

// arn is the ARN of something regional in the account.
func (r resolver) arn(service, rest string) string {
	p := r.t.Place
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", p.Partition, service, p.Region, p.AccountID, rest)
}

// PhysicalID is the name, or for a topic the ARN, that Ref gives for a resource of the template.
func (t *Template) PhysicalID(r Resource) (string, error) {
	v, err := t.resolver().physicalID(r)
	if err != nil {
		return "", err
	}
	return text(v)
}

// Attribute is what Fn::GetAtt gives for a resource of the template.
func (t *Template) Attribute(r Resource, name string) (string, error) {
	v, err := t.resolver().attribute(r, name)
	if err != nil {
		return "", err
	}
	return text(v)
}
