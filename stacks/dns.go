package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"

	"github.com/thumbing/thumbing/internal/settings"
)

// zone is the hosted zone of the custom domain by its name and id, which needs no look at the account.
func zone(stack awscdk.Stack, s settings.Settings) awsroute53.IHostedZone {
	return awsroute53.HostedZone_FromHostedZoneAttributes(stack, new("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: new(s.HostedZoneID),
		ZoneName:     new(s.HostedZoneName),
	})
}

// cloudFrontZone is the zone that all distributions' names are in (Amazon Route 53 API Reference, AliasTarget).
const cloudFrontZone = "Z2FDTNDATAQYW2"

// newRecords makes the custom domain another name of the distribution, for IPv4 and IPv6.
//
// They are records as CloudFormation knows them: the CDK's own want the zone's id, and where its name tells
// the zone that is enough.
func newRecords(stack awscdk.Stack, s settings.Settings, cdn awscloudfront.Distribution) {
	for _, kind := range []string{"A", "AAAA"} {
		props := &awsroute53.CfnRecordSetProps{
			Name: new(s.DomainName + "."),
			Type: new(kind),
			AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
				DnsName:      cdn.DistributionDomainName(),
				HostedZoneId: new(cloudFrontZone),
			},
		}
		if s.HostedZoneID != "" {
			props.HostedZoneId = new(s.HostedZoneID)
		} else {
			props.HostedZoneName = new(s.HostedZoneName + ".")
		}
		awsroute53.NewCfnRecordSet(stack, new("Record"+kind), props)
	}
}
