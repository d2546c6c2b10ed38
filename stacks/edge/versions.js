// Lets a picture that was asked for by its version be kept for good: ?v= with its ETag, or with its version in
// the bucket. A version that is not the one answered, as of a picture that has been replaced since, promises nothing.
function handler(event) {
  var v = event.request.querystring.v;
  var headers = event.response.headers;
  var etag = headers.etag ? headers.etag.value.replace(/^W\//, '').replace(/"/g, '') : '';
  var version = headers['x-amz-version-id'] ? headers['x-amz-version-id'].value : '';
  if (v && v.value && (v.value === etag || v.value === version)) {
    headers['cache-control'] = { value: 'public, max-age=31536000, immutable' };
  }
  return event.response;
}
