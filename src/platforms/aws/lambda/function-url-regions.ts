/** Regions without function URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html */
const WITHOUT = new Set(
  (
    'ap-south-2 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-east-2 ca-west-1 eu-south-2 eu-central-2 ' +
    'il-central-1 me-central-1 cn-north-1 cn-northwest-1'
  ).split(' '),
);

export function hasFunctionUrls(region: string): boolean {
  return !WITHOUT.has(region);
}
