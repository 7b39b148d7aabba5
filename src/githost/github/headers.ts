/** Of every request: https://docs.github.com/en/rest/about-the-rest-api/api-versions */
export const HEADERS = {
  accept: 'application/vnd.github+json',
  'content-type': 'application/json',
  'x-github-api-version': '2022-11-28',
  'user-agent': 'headgate/1.0',
} as const;
