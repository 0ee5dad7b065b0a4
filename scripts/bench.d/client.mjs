// SPDX-License-Identifier: MIT
// client.mjs URL INDEX FILE default|strings: the helper of
// @opensearch-project/opensearch, fed with the documents of an NDJSON file by
// their `id`. strings: passed through as text, 2 MB at a time, 2 at once.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Client } from '@opensearch-project/opensearch'

const [url, index, file, how] = process.argv.slice(2)
const lines = createInterface({ input: createReadStream(file) })
const strings = how === 'strings'

async function * documents () {
  for await (const line of lines) yield strings ? line : JSON.parse(line)
}

// as text, the id is what stands between the first quotes after "id":
function idOf (doc) {
  if (!strings) return doc.id
  const at = doc.indexOf('"id":"') + 6
  return doc.slice(at, doc.indexOf('"', at))
}

const options = strings ? { flushBytes: 2e6, concurrency: 2 } : {}
const result = await new Client({ node: url }).helpers.bulk({
  datasource: documents(),
  onDocument: doc => ({ index: { _index: index, _id: idOf(doc) } }),
  ...options
})
if (result.failed > 0) process.exitCode = 1
