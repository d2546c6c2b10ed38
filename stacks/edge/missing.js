// Answers what is outside the folder of processed pictures, so that the bucket is never asked for it.
function handler() {
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: {
      'cache-control': { value: 'no-store' },
      'content-type': { value: 'text/plain; charset=utf-8' },
      'x-content-type-options': { value: 'nosniff' },
    },
    body: 'there is no picture here\n',
  };
}
