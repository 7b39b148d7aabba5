interface Partition {
  readonly dnsSuffix: string;
  readonly regions: RegExp;
}

/** Copied from the AWS SDK, whose data is larger than a whole function. A test compares them. */
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

/** The domain of a region's services. A region of no known partition counts as `aws`, as in the SDK. */
export function dnsSuffixOf(region: string): string {
  const partition = Object.values(PARTITIONS).find(({ regions }) => regions.test(region));
  return (partition ?? PARTITIONS.aws).dnsSuffix;
}
