interface Partition {
  readonly dnsSuffix: string;
  readonly regions: RegExp;
}

/** As in the data of the AWS SDK, which would weigh more than a whole function: a test compares them. */
export const PARTITIONS = {
  aws: { dnsSuffix: 'amazonaws.com', regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/ },
  'aws-cn': { dnsSuffix: 'amazonaws.com.cn', regions: /^cn-\w+-\d+$/ },
  'aws-eusc': { dnsSuffix: 'amazonaws.eu', regions: /^eusc-(de)-\w+-\d+$/ },
  'aws-iso': { dnsSuffix: 'c2s.ic.gov', regions: /^us-iso-\w+-\d+$/ },
  'aws-iso-b': { dnsSuffix: 'sc2s.sgov.gov', regions: /^us-isob-\w+-\d+$/ },
  'aws-iso-e': { dnsSuffix: 'cloud.adc-e.uk', regions: /^eu-isoe-\w+-\d+$/ },
  'aws-iso-f': { dnsSuffix: 'csp.hci.ic.gov', regions: /^us-isof-\w+-\d+$/ },
  'aws-us-gov': { dnsSuffix: 'amazonaws.com', regions: /^us-gov-\w+-\d+$/ },
} as const satisfies Readonly<Record<string, Partition>>;

/** Under which domain name a region's services are. A region of no known partition is taken for one of `aws`, as by the SDK. */
export function dnsSuffixOf(region: string): string {
  const partition = Object.values(PARTITIONS).find(({ regions }) => regions.test(region));
  return (partition ?? PARTITIONS.aws).dnsSuffix;
}
