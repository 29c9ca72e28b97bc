'use strict';

const DISPLAY_LIMIT = 100 * 1024;
const KEEP_LIMIT = 8 * 1024 * 1024;
const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'];
const STORE_KEY = 'api-test-docs-credential';
const JSON_STRING = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const JSON_NUMBER = '-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?';

// Everything hangs off the folder the page came from, so that a path prefix before /docs works.
const BASE = new URL('.', location.href);

const page = {
  document: {},
  credential: { kind: 'none', value: '', show: false },
  curlRefreshers: [],
};

/* ---------- elements ---------- */

const byId = (name) => document.getElementById(`docs-${name}`);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

function button(label, onClick, attributes = {}) {
  const node = el('button', { type: 'button', ...attributes }, label);
  node.addEventListener('click', onClick);
  return node;
}

/** Text with `code` in backticks, as nodes. */
function prose(text = '') {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? el('code', {}, part) : part));
}

/** A fold whose content is made when it is first opened: most of them never are. */
function fold(summary, makeContent, { open = false, name = '' } = {}) {
  const node = el('details', { class: name, open }, el('summary', {}, summary));
  const fill = () => {
    if (node.open && node.childElementCount === 1) node.append(...[makeContent()].flat());
  };
  node.addEventListener('toggle', fill);
  fill();
  return node;
}

function announce(text) {
  byId('announcer').textContent = text;
}

function methodBadge(method) {
  return el('span', { class: `method method-${method.toLowerCase()}` }, method);
}

function statusBadge(status, text = '') {
  const family = /^[1-5]/.test(status) ? String(status)[0] : 'x';
  return el('span', { class: `status status-${family}` }, text ? `${status} ${text}` : String(status));
}

function formatBytes(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function formatTime(ms) {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/* ---------- JSON ---------- */

/** Parses, but keeps integers that a double can't hold as text, so that bounds show as written. */
function parseExactly(text) {
  const tokens = new RegExp(`${JSON_STRING}|${JSON_NUMBER}`, 'g');
  return JSON.parse(text.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)));
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Indents the text itself instead of printing a parsed value: numbers and repeated keys stay as sent. */
function* prettyTokens(text) {
  const tokens = new RegExp(
    `(?<key>${JSON_STRING}(?=\\s*:))|(?<string>${JSON_STRING})|(?<number>${JSON_NUMBER})|(?<word>true|false|null)|[{}[\\],:]`,
    'g',
  );
  let depth = 0;
  let previous = '';
  for (const match of text.matchAll(tokens)) {
    const token = match[0];
    const closes = token === '}' || token === ']';
    const afterOpening = previous === '{' || previous === '[';
    if (closes) depth -= 1;
    if (closes ? !afterOpening : afterOpening || previous === ',') yield ['', `\n${'  '.repeat(Math.min(depth, 60))}`];
    if (token === '{' || token === '[') depth += 1;
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    yield [kind ?? '', token === ':' ? ': ' : token];
    previous = token;
  }
}

/** Pretty JSON as nodes, up to the display limit; tells whether all of it fits. */
function prettyJson(text) {
  const fragment = document.createDocumentFragment();
  let room = DISPLAY_LIMIT;
  for (const [kind, token] of prettyTokens(text)) {
    const part = token.slice(0, room);
    fragment.append(kind ? el('span', { class: `json-${kind}` }, part) : part);
    room -= part.length;
    if (part.length < token.length || room === 0) return { fragment, whole: false };
  }
  return { fragment, whole: true };
}

function codeBlock(value, label) {
  const isText = typeof value === 'string';
  const content = isText ? value : prettyJson(JSON.stringify(value)).fragment;
  return el('pre', { class: 'code', tabindex: '0', role: 'region', 'aria-label': label }, content);
}

/* ---------- the API document ---------- */

function pointed(reference) {
  const unescape = (step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  return reference.replace(/^#\//, '').split('/').map(unescape).reduce((node, step) => node?.[step], page.document);
}

function resolve(node) {
  for (let hops = 0; node?.$ref && hops < 20; hops += 1) node = pointed(node.$ref);
  return node ?? {};
}

function mergeParameters(shared = [], own = []) {
  const merged = new Map();
  for (const parameter of [...shared, ...own].map(resolve)) merged.set(`${parameter.in} ${parameter.name}`, parameter);
  return [...merged.values()];
}

function listOperations(paths = {}) {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      path,
      method: method.toUpperCase(),
      operation: item[method],
      id: item[method].operationId ?? `${method}${path}`,
      tag: item[method].tags?.[0] ?? 'other',
      parameters: mergeParameters(item.parameters, item[method].parameters),
    })),
  );
}

function groupByTag(operations) {
  const groups = new Map((page.document.tags ?? []).map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const entry of operations) {
    if (!groups.has(entry.tag)) groups.set(entry.tag, { name: entry.tag, operations: [] });
    groups.get(entry.tag).operations.push(entry);
  }
  return [...groups.values()].filter((group) => group.operations.length);
}

function exampleOf(holder) {
  if (holder.example !== undefined) return holder.example;
  const named = Object.values(holder.examples ?? {})[0];
  if (named !== undefined) return resolve(named).value;
  const schema = resolve(holder.schema);
  return schema.example ?? schema.examples?.[0];
}

function security(entry) {
  return entry.operation.security ?? page.document.security ?? [];
}

function schemeWords(name) {
  const scheme = resolve(page.document.components?.securitySchemes?.[name]);
  if (scheme.type === 'apiKey') return `${scheme.in} ${scheme.name}`;
  return scheme.scheme === 'bearer' ? 'Bearer token' : name;
}

/** Words for the credential of an operation, empty when none is ever asked for. */
function credentialWords(requirements) {
  const named = requirements.filter((requirement) => Object.keys(requirement).length);
  if (!named.length) return '';
  const words = named.map((requirement) =>
    Object.entries(requirement)
      .map(([name, scopes]) => schemeWords(name) + (scopes.length ? ` (${scopes.join(', ')})` : ''))
      .join(' and '),
  );
  return `${named.length < requirements.length ? 'Optional credential' : 'Needs'}: ${words.join(' or ')}`;
}

function apiKeyHeader() {
  const schemes = Object.values(page.document.components?.securitySchemes ?? {}).map(resolve);
  const name = schemes.find((scheme) => scheme.type === 'apiKey' && scheme.in === 'header')?.name ?? '';
  return /^[\w-]+$/.test(name) ? name : 'X-API-Key';
}

/* ---------- schemas ---------- */

const alternatives = (schema) => schema.oneOf ?? schema.anyOf;

function typeWords(schema = {}) {
  if (schema === true) return 'any';
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (alternatives(schema)) return alternatives(schema).map(typeWords).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeWords).join(' and ');
  const names = [schema.type ?? 'any'].flat().map((type) => oneTypeWords(schema, type));
  return names.join(names.some((name) => name.includes(' ')) ? ', or ' : ' or ') + (schema.format ? ` (${schema.format})` : '');
}

function oneTypeWords(schema, type) {
  if (type === 'array' && schema.items) return `array of ${typeWords(schema.items)}`;
  if (type === 'object' && schema.additionalProperties) return `map of string to ${typeWords(schema.additionalProperties)}`;
  return type;
}

/** The ends of int64 read better as powers than as nineteen digits. */
function bound(number) {
  return String(number).replace('9223372036854775807', '2⁶³−1').replace('-9223372036854775808', '−2⁶³');
}

function range(low, high, unit = '') {
  if (low === undefined && high === undefined) return null;
  if (low === undefined) return `≤ ${bound(high)}${unit}`;
  if (high === undefined) return `≥ ${bound(low)}${unit}`;
  return low === high ? `${low}${unit}` : `${bound(low)} … ${bound(high)}${unit}`;
}

function boundsOf(schema) {
  return [
    range(schema.minimum, schema.maximum),
    schema.exclusiveMinimum === undefined ? null : `> ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum === undefined ? null : `< ${schema.exclusiveMaximum}`,
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.multipleOf === undefined ? null : `multiple of ${schema.multipleOf}`,
    schema.pattern === undefined ? null : `matches ${schema.pattern}`,
    schema.enum ? `one of ${schema.enum.join(', ')}` : null,
    schema.const === undefined ? null : `always ${schema.const}`,
  ].filter((words) => words !== null);
}

function schemaLine(name, schema, required) {
  const bounds = boundsOf(resolve(schema)).join(', ');
  const description = schema.description ?? resolve(schema).description;
  return [
    name ? el('code', { class: 'schema-name' }, name) : null,
    el('span', { class: 'schema-type' }, typeWords(schema)),
    bounds ? el('span', { class: 'schema-bounds' }, bounds) : null,
    required ? el('span', { class: 'required' }, 'required') : null,
    description ? el('span', { class: 'schema-description' }, prose(description)) : null,
  ];
}

/** The fields below a schema with every reference followed; `trail` stops schemas that hold themselves. */
function schemaFields(schema, trail = []) {
  const known = resolve(schema);
  if (trail.includes(known)) return null;
  const deeper = [...trail, known];
  const choices = [alternatives(known), known.allOf].flat().filter(Boolean);
  const rows = [
    ...choices.map((choice) => [null, choice, false]),
    ...Object.entries(known.properties ?? {}).map(([name, child]) => [name, child, known.required?.includes(name)]),
  ];
  if (rows.length) {
    return el('ul', {}, rows.map(([name, child, required]) =>
      el('li', {}, schemaLine(name, child, required), schemaFields(child, deeper))));
  }
  const inner = known.items ?? known.additionalProperties;
  return inner && typeof inner === 'object' ? schemaFields(inner, deeper) : null;
}

function schemaBlock(schema) {
  return el('div', { class: 'schema' }, el('p', {}, schemaLine(null, schema, false)), schemaFields(schema));
}

/* ---------- an operation's reference ---------- */

function parameterCells(parameter) {
  const schema = resolve(parameter.schema);
  const fallback = schema.default;
  return [
    ['Name', el('code', {}, parameter.name)],
    ['In', parameter.in],
    ['Type', typeWords(parameter.schema)],
    ['Bounds', boundsOf(schema).join(', ') || '–'],
    ['Default', fallback === undefined ? '–' : el('code', {}, JSON.stringify(fallback).replace(/^"(-?\d{16,})"$/, '$1'))],
    ['Required', parameter.required ? el('span', { class: 'required' }, 'yes') : 'no'],
    ['Description', prose(parameter.description)],
  ];
}

function parametersBlock(entry) {
  if (!entry.parameters.length) {
    return el('div', { class: 'parameters' }, el('h4', {}, 'Parameters'), el('p', { class: 'hint' }, 'None.'));
  }
  const rows = entry.parameters.map(parameterCells);
  const heads = rows[0].map(([head]) => el('th', { scope: 'col', role: 'columnheader' }, head));
  // The roles stay when the narrow layout turns rows into blocks, which else drops the table's meaning.
  const table = el('table', { role: 'table', 'aria-label': `Parameters of ${entry.id}` },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, heads)),
    el('tbody', { role: 'rowgroup' }, rows.map((cells) => el('tr', { role: 'row' }, cells.map(([head, content]) =>
      el('td', { role: 'cell', 'data-label': head }, el('span', {}, content)))))));
  return el('div', { class: 'parameters' }, el('h4', {}, 'Parameters'), table);
}

function headerList(headers) {
  const items = Object.entries(headers).map(([name, reference]) => {
    const header = resolve(reference);
    const example = exampleOf(header);
    return el('li', {},
      el('code', { class: 'schema-name' }, name),
      schemaLine(null, { ...header.schema, description: header.description }, header.required),
      example === undefined ? null : el('span', { class: 'schema-bounds' }, `e.g. ${example}`));
  });
  return [el('h5', {}, 'Headers'), el('ul', { class: 'schema header-list' }, items)];
}

function mediaBlock(type, media, label) {
  const example = exampleOf(media);
  return el('div', { class: 'media' },
    el('h5', {}, el('code', {}, type)),
    media.schema ? schemaBlock(media.schema) : null,
    example === undefined ? null : [el('p', { class: 'media-label' }, 'Example'), codeBlock(example, `Example of ${label}, ${type}`)]);
}

function responseContent(response, label) {
  const media = Object.entries(response.content ?? {}).map(([type, one]) => mediaBlock(type, one, label));
  return el('div', { class: 'response-content' },
    media.length ? media : el('p', { class: 'hint' }, 'No body.'),
    response.headers ? headerList(response.headers) : null);
}

function responsesBlock(entry) {
  const responses = Object.entries(entry.operation.responses ?? {}).map(([status, one]) => [status, resolve(one)]);
  const main = responses.find(([status, one]) => /^2|default/.test(status) && one.content) ?? responses[0];
  const folds = responses.map(([status, response]) => fold(
    [statusBadge(status), ' ', el('span', {}, prose(response.description))],
    () => responseContent(response, `${status} of ${entry.id}`),
    { open: status === main[0], name: 'response' },
  ));
  return el('div', { class: 'responses' }, el('h4', {}, 'Responses'), folds);
}

function requestBodyBlock(entry) {
  const body = resolve(entry.operation.requestBody);
  if (!body.content) return null;
  return el('div', { class: 'request-body' },
    el('h4', {}, 'Request body'),
    el('p', { class: 'hint' }, body.required ? 'Required. ' : 'Optional. ', prose(body.description)),
    Object.entries(body.content).map(([type, media]) => mediaBlock(type, media, `the body of ${entry.id}`)));
}

function operationHeading(entry) {
  return el('h3', { id: `${entry.id}--heading`, tabindex: '-1' },
    methodBadge(entry.method), ' ',
    el('span', { class: 'path' }, breakablePath(entry.path)), ' ',
    el('a', { class: 'anchor', href: `#${encodeURIComponent(entry.id)}`, 'aria-label': `Link to ${entry.id}` }, `#${entry.id}`));
}

/** Lets a long path wrap behind its slashes. */
function breakablePath(path) {
  return path.split(/(?<=\/)/).flatMap((part) => [part, el('wbr')]);
}

function operationSection(entry) {
  const { operation } = entry;
  const needs = credentialWords(security(entry));
  return el('section', { class: 'operation', id: entry.id, 'aria-labelledby': `${entry.id}--heading` },
    operationHeading(entry),
    operation.deprecated ? el('p', { class: 'problem' }, 'Deprecated.') : null,
    el('p', { class: 'summary' }, prose(operation.summary)),
    operation.description ? el('p', {}, prose(operation.description)) : null,
    needs ? el('p', { class: 'hint' }, needs) : null,
    el('div', { class: 'columns' },
      el('div', { class: 'reference' }, parametersBlock(entry), requestBodyBlock(entry)),
      tryBlock(entry),
      responsesBlock(entry)));
}

/* ---------- describing a call ---------- */

/** What keeps a call from being made, in words for the reader, and the input to look at. */
class CallProblem extends Error {
  constructor(message, input) {
    super(message);
    this.input = input;
  }
}

function filledPath(entry, values) {
  return entry.path.replace(/\{([^}]+)\}/g, (whole, name) => {
    const field = values.find(({ parameter }) => parameter.in === 'path' && parameter.name === name);
    if (!field) return whole;
    if (!field.input.value) throw new CallProblem(`Fill in “${name}” first: it is part of the path.`, field.input);
    if (/^\.\.?$/.test(field.input.value)) {
      throw new CallProblem(`A browser folds “${field.input.value}” out of a path. Use curl --path-as-is for this one.`, field.input);
    }
    return encodeURIComponent(field.input.value);
  });
}

function callUrl(entry, fields) {
  const url = new URL(BASE);
  url.pathname += filledPath(entry, fields.values).replace(/^\//, '');
  const named = fields.values
    .filter(({ parameter, input }) => parameter.in === 'query' && input.value !== '')
    .map(({ parameter, input }) => `${encodeURIComponent(parameter.name)}=${encodeURIComponent(input.value)}`);
  const extra = fields.extraQuery.value.trim().replace(/^\?/, '');
  url.search = [...named, extra].filter(Boolean).join('&');
  return url.href;
}

function extraHeaders(input) {
  return input.value.split('\n').filter((line) => line.trim()).map((line) => {
    const [, name, value] = /^([^:\s]+):(.*)$/.exec(line.trim()) ?? [];
    if (!name) throw new CallProblem(`“${line.trim()}” is no header. Write one a line, as Name: value.`, input);
    return [name, value.trim()];
  });
}

function callHeaders(fields, hasBody) {
  const named = fields.values
    .filter(({ parameter, input }) => parameter.in === 'header' && input.value !== '')
    .map(({ parameter, input }) => [parameter.name, input.value]);
  const type = hasBody ? [['Content-Type', fields.body.type.value]] : [];
  return [...type, ...named, ...extraHeaders(fields.extraHeaders)];
}

function describeCall(entry, fields) {
  const body = fields.body?.text.value || null;
  return { method: entry.method, url: callUrl(entry, fields), headers: callHeaders(fields, body !== null), body };
}

/** The credential's header: what is sent before the secret, the secret, and the name of its shell variable. */
function credentialHeader() {
  const { kind, value } = page.credential;
  if (kind === 'key') return { name: apiKeyHeader(), before: '', value, variable: '$API_KEY' };
  if (kind === 'bearer') return { name: 'Authorization', before: 'Bearer ', value, variable: '$TOKEN' };
  return null;
}

function sentHeaders(call) {
  const headers = new Headers();
  for (const [name, value] of call.headers) appendHeader(headers, name, value);
  const credential = credentialHeader();
  if (credential && !credential.value) {
    throw new CallProblem('Fill in the credential at the top of the page, or set its kind to None.', byId('credential-value'));
  }
  if (credential) appendHeader(headers, credential.name, credential.before + credential.value);
  return headers;
}

function appendHeader(headers, name, value) {
  try {
    headers.append(name, value);
  } catch {
    throw new CallProblem(`A browser can't send this value of the header ${name}: it has characters that HTTP forbids.`);
  }
}

/** Names of headers that browsers keep for themselves and drop without a word. */
function droppedHeaders(call, headers) {
  const kept = new Request(call.url, { headers }).headers;
  return [...headers.keys()].filter((name) => !kept.has(name));
}

/* ---------- curl ---------- */

function shellQuote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curlFlags(entry, url) {
  const streams = entry.tag === 'streaming';
  const globs = /[[\]{}]/.test(url);
  const verb = { GET: '', HEAD: ' -I' }[entry.method] ?? ` -X ${entry.method}`;
  return `${entry.method === 'HEAD' ? '' : ' -i'}${streams ? ' -N' : ''}${globs ? ' -g' : ''}${verb}`;
}

// Curl drops a header written as "Name:"; "Name;" sends it empty.
const curlHeader = (name, value) => `-H ${shellQuote(value ? `${name}: ${value}` : `${name};`)}`;

function curlCredential() {
  const credential = credentialHeader();
  if (!credential) return [];
  const { name, before, value, variable } = credential;
  return [page.credential.show && value ? curlHeader(name, before + value) : `-H "${name}: ${before}${variable}"`];
}

function curlCommand(entry, call) {
  const parts = [
    `curl${curlFlags(entry, call.url)} ${shellQuote(call.url)}`,
    ...curlCredential(),
    ...call.headers.map(([name, value]) => curlHeader(name, value)),
    ...(call.body === null ? [] : [`--data-raw ${shellQuote(call.body)}`]),
  ];
  return parts.join(' \\\n  ');
}

function curlBlock(entry, fields) {
  const code = el('pre', { class: 'code curl', tabindex: '0', role: 'region', 'aria-label': `curl command for ${entry.id}` });
  const copy = button('Copy', () => copyText(code, copy), { class: 'small', 'aria-label': `Copy the curl command for ${entry.id}` });
  const refresh = () => {
    try {
      code.textContent = curlCommand(entry, describeCall(entry, fields));
      copy.disabled = false;
    } catch (problem) {
      code.textContent = `# ${problem.message}`;
      copy.disabled = true;
    }
  };
  refresh();
  page.curlRefreshers.push(refresh);
  return { refresh, node: el('div', { class: 'curl-block' }, el('div', { class: 'bar' }, el('h5', {}, 'curl'), copy), code) };
}

async function copyText(source, copyButton) {
  const copied = await copyByClipboard(source.textContent) || copyBySelection(source);
  copyButton.textContent = copied ? 'Copied' : 'Press Ctrl+C';
  announce(copied ? 'Copied.' : 'The command is selected; press Ctrl+C to copy it.');
  setTimeout(() => { copyButton.textContent = 'Copy'; }, 2000);
}

async function copyByClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Plain http from another host has no clipboard API; the selection is left for the reader's own Ctrl+C. */
function copyBySelection(source) {
  getSelection().selectAllChildren(source);
  return document.execCommand('copy');
}

/* ---------- the Try-it form ---------- */

function parameterField(entry, parameter) {
  const id = `try-${entry.id}-${parameter.in}-${parameter.name}`;
  const schema = resolve(parameter.schema);
  const input = valueInput(id, schema);
  const fallback = schema.default;
  if (input.tagName === 'INPUT') input.placeholder = fallback === undefined || fallback === '' ? 'not sent' : `not sent: ${fallback}`;
  input.value = exampleOf(parameter) ?? '';
  const mark = parameter.required ? el('span', { class: 'required' }, ' required') : null;
  return { parameter, input, node: el('div', { class: 'field' }, el('label', { for: id }, el('code', {}, parameter.name), mark), input) };
}

function valueInput(id, schema) {
  const choices = schema.type === 'boolean' ? ['true', 'false'] : schema.enum;
  if (choices) {
    return el('select', { id }, el('option', { value: '' }, 'not sent'), choices.map((choice) => el('option', { value: choice }, String(choice))));
  }
  const mode = { integer: 'numeric', number: 'decimal' }[schema.type];
  return el('input', { id, type: 'text', inputmode: mode, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
}

function bodyField(entry) {
  const content = resolve(entry.operation.requestBody).content;
  if (!content) return null;
  const id = `try-${entry.id}-body`;
  const type = el('select', { id: `${id}-type` }, Object.keys(content).map((name) => el('option', { value: name }, name)));
  const text = el('textarea', { id, rows: '5', spellcheck: 'false', autocapitalize: 'off' });
  const prefill = () => { text.value = bodyExample(content[type.value]); };
  // A body the reader has written is theirs: only an untouched example follows the type.
  const untouched = () => text.value === '' || Object.values(content).some((media) => bodyExample(media) === text.value);
  type.addEventListener('change', () => { if (untouched()) prefill(); });
  prefill();
  return { type, text, node: el('div', { class: 'body-fields' },
    el('div', { class: 'field' }, el('label', { for: type.id }, 'Content type'), type),
    el('div', { class: 'field' }, el('label', { for: id }, 'Body'), text)) };
}

function bodyExample(media) {
  const example = exampleOf(media);
  if (example === undefined) return '';
  return typeof example === 'string' ? example : JSON.stringify(example, null, 2);
}

function extraFields(entry) {
  const id = `try-${entry.id}-extra`;
  const query = el('input', { id: `${id}-query`, type: 'text', placeholder: 'foo=1&foo=2', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  const headers = el('textarea', { id: `${id}-headers`, rows: '2', placeholder: 'Name: value', spellcheck: 'false', autocapitalize: 'off' });
  const node = el('details', { class: 'extra' }, el('summary', {}, 'Extra query and headers'),
    el('div', { class: 'field' }, el('label', { for: query.id }, 'Query, sent as written'), query),
    el('div', { class: 'field' }, el('label', { for: headers.id }, 'Headers, one a line'), headers));
  return { query, headers, node };
}

function makeFields(entry) {
  const extra = extraFields(entry);
  const values = entry.parameters.filter((parameter) => parameter.in !== 'cookie').map((parameter) => parameterField(entry, parameter));
  return { values, body: bodyField(entry), extraQuery: extra.query, extraHeaders: extra.headers, extra: extra.node };
}

function tryBlock(entry) {
  const fields = makeFields(entry);
  const curl = curlBlock(entry, fields);
  const result = new Result(entry);
  const run = new Run(entry, fields, result);
  const form = el('form', { class: 'try', novalidate: true, 'aria-label': `Try ${entry.id}` },
    el('h4', {}, 'Try it'),
    fields.values.length ? el('div', { class: 'fields' }, fields.values.map(({ node }) => node)) : null,
    fields.body?.node,
    fields.extra,
    el('div', { class: 'actions' }, run.sendButton, run.cancelButton),
    curl.node,
    result.node);
  form.addEventListener('input', curl.refresh);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run.start();
  });
  return form;
}

/** One call at a time of one operation. */
class Run {
  constructor(entry, fields, result) {
    Object.assign(this, { entry, fields, result, controller: null });
    this.sendButton = el('button', { type: 'submit', class: 'primary' }, 'Send');
    this.cancelButton = button('Cancel', () => this.controller?.abort(), { hidden: true });
  }

  async start() {
    if (this.controller) return;
    this.setRunning(new AbortController());
    try {
      await this.call();
    } catch (error) {
      this.result.fail(error, this.controller.signal.aborted);
    }
    this.setRunning(null);
  }

  async call() {
    const call = describeCall(this.entry, this.fields);
    const headers = sentHeaders(call);
    this.result.begin(droppedHeaders(call, headers));
    // No cookies and no cache: the call is the one that curl shows.
    const options = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer', signal: this.controller.signal };
    const response = await fetch(call.url, { ...options, method: call.method, headers, body: call.body });
    this.result.head(response, credentialHeader() !== null);
    await this.read(response);
    this.result.finish();
  }

  async read(response) {
    const reader = response.body?.getReader();
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader.read()) this.result.add(piece.value);
  }

  /** Send stays enabled while it runs: a disabled button would lose the keyboard's place. */
  setRunning(controller) {
    const focusWasOnCancel = document.activeElement === this.cancelButton;
    this.controller = controller;
    this.sendButton.setAttribute('aria-disabled', String(controller !== null));
    this.sendButton.textContent = controller ? 'Sending…' : 'Send';
    this.cancelButton.hidden = controller === null;
    if (focusWasOnCancel && !controller) this.sendButton.focus();
  }
}

/* ---------- the result of a call ---------- */

function adviceFor(response, hadCredential) {
  if (response.redirected) return `The browser followed a redirect; this is the answer of ${response.url}`;
  if (response.status === 401 && hadCredential) return 'The server refuses the credential that was sent. Check its kind and value at the top of the page, then send again.';
  if (response.status === 401) return 'The server asks for a credential. Choose its kind and fill it in at the top of the page, then send again.';
  if (response.status === 403) return 'The credential is known but may not do this. Use one with more rights.';
  if (response.status === 429 || response.status === 503) return waitAdvice(response.headers.get('retry-after'));
  return '';
}

function waitAdvice(retryAfter) {
  return retryAfter ? `The server is busy. Send again after ${retryAfter} s.` : '';
}

class Result {
  constructor(entry) {
    this.line = el('p', { class: 'result-line' });
    this.advice = el('p', { class: 'problem', hidden: true });
    this.note = el('p', { class: 'hint', hidden: true });
    this.headerCount = el('summary', {});
    this.headerRows = el('dl', { class: 'header-rows' });
    this.headers = el('details', { class: 'result-headers' }, this.headerCount, this.headerRows);
    this.pretty = button('Pretty', () => this.togglePretty(), { class: 'small', 'aria-pressed': 'true' });
    this.bodyBar = el('div', { class: 'bar' }, el('h5', {}, 'Body'), this.pretty);
    this.body = el('pre', { class: 'code body', tabindex: '0', role: 'region', 'aria-label': `Body of the answer of ${entry.id}` });
    this.node = el('div', { class: 'result', hidden: true }, this.line, this.advice, this.headers, this.bodyBar, this.body, this.note);
  }

  begin(dropped) {
    Object.assign(this, { response: null, bytes: 0, kept: '', shown: 0, whole: true, decoder: new TextDecoder(), started: performance.now() });
    this.node.hidden = false;
    this.line.replaceChildren(el('span', { class: 'hint' }, 'Waiting for the answer…'));
    this.body.replaceChildren();
    for (const part of [this.headers, this.bodyBar, this.body]) part.hidden = true;
    this.say(this.advice, dropped.length ? `Browsers don't let a page send ${dropped.join(', ')}; the curl command does.` : '');
    this.say(this.note, '');
    announce('Sending.');
  }

  say(node, text) {
    node.textContent = text;
    node.hidden = !text;
  }

  head(response, hadCredential) {
    this.response = response;
    this.headTime = performance.now() - this.started;
    const advice = adviceFor(response, hadCredential);
    if (advice) this.say(this.advice, [this.advice.textContent, advice].filter(Boolean).join(' '));
    this.showHeaders([...response.headers]);
    this.showLine('so far');
    for (const part of [this.headers, this.bodyBar, this.body]) part.hidden = false;
    this.pretty.hidden = true;
  }

  showHeaders(headers) {
    this.headerCount.textContent = `Response headers (${headers.length})`;
    this.headerRows.replaceChildren(...headers.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
  }

  showLine(suffix = '') {
    const { status, statusText } = this.response;
    const time = formatTime(performance.now() - this.started);
    const words = `${time} · headers after ${formatTime(this.headTime)} · ${formatBytes(this.bytes)} ${suffix}`;
    this.line.replaceChildren(statusBadge(status, statusText), ' ', el('span', { class: 'metrics' }, words));
  }

  add(bytes) {
    this.bytes += bytes.length;
    this.take(this.decoder.decode(bytes, { stream: true }));
    this.showLine('so far');
  }

  take(text) {
    if (this.whole && this.kept.length + text.length <= KEEP_LIMIT) this.kept += text;
    else this.whole = false;
    this.append(text);
  }

  append(text) {
    const part = text.slice(0, DISPLAY_LIMIT - this.shown);
    if (!part) return;
    const atEnd = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < 24;
    this.body.append(part);
    this.shown += part.length;
    if (atEnd) this.body.scrollTop = this.body.scrollHeight;
  }

  finish() {
    this.take(this.decoder.decode());
    this.showLine();
    this.pretty.hidden = !(this.whole && this.kept && isJson(this.kept));
    if (!this.bytes) this.showEmpty();
    else this.showBody();
    const { status, statusText } = this.response;
    announce(`Answer: ${status} ${statusText}, ${formatBytes(this.bytes)}. ${this.advice.textContent}`);
  }

  showEmpty() {
    this.body.hidden = true;
    this.bodyBar.hidden = true;
    this.say(this.note, 'The answer has no body.');
  }

  showBody() {
    const pretty = !this.pretty.hidden && this.pretty.getAttribute('aria-pressed') === 'true';
    const all = pretty ? this.showPretty() : this.showRaw();
    this.body.scrollTop = 0;
    const more = `Cut off after the first 100 KB of ${formatBytes(this.bytes)}. To get all of it, run the curl command with -o FILE in place of -i.`;
    this.say(this.note, all ? '' : more);
  }

  showPretty() {
    const { fragment, whole } = prettyJson(this.kept);
    this.body.replaceChildren(fragment);
    return whole;
  }

  showRaw() {
    this.body.textContent = this.kept.slice(0, DISPLAY_LIMIT);
    return this.whole && this.kept.length <= DISPLAY_LIMIT;
  }

  togglePretty() {
    this.pretty.setAttribute('aria-pressed', String(this.pretty.getAttribute('aria-pressed') !== 'true'));
    this.showBody();
  }

  fail(error, cancelled) {
    const problem = error instanceof CallProblem;
    const words = problem ? error.message : this.failureWords(cancelled);
    if (problem) this.node.hidden = false;
    if (problem) for (const part of [this.headers, this.bodyBar, this.body]) part.hidden = true;
    if (problem || !this.response) this.line.replaceChildren();
    else this.showLine('received');
    this.say(this.advice, words);
    announce(words);
    error.input?.focus();
  }

  failureWords(cancelled) {
    const received = this.response ? ` after ${formatBytes(this.bytes)} of the body` : '';
    if (cancelled) return `Cancelled${received}.`;
    if (this.response) return `The connection broke${received}. The server, or something on the way, cut it; send again, or look at the server's log.`;
    return 'No answer reached the page. The server may be down, the connection cut, or the answer one that browsers hide (a redirect to another origin, or status 407). Check that the server runs, then send again or run the curl command: it shows the cause.';
  }
}

/* ---------- credential ---------- */

function loadCredential() {
  try {
    Object.assign(page.credential, JSON.parse(sessionStorage.getItem(STORE_KEY)));
  } catch {
    // A browser without session storage keeps the credential in this page only.
  }
}

function storeCredential() {
  const { kind, value } = page.credential;
  try {
    sessionStorage.setItem(STORE_KEY, JSON.stringify({ kind, value }));
  } catch {
    // As above.
  }
}

function credentialHint() {
  const requirements = page.document.security ?? [];
  const open = !requirements.length || requirements.some((one) => !Object.keys(one).length);
  const sent = {
    none: open ? 'Calls go without one; this server takes them.' : 'This server asks for one: choose its kind.',
    key: `Sent as ${apiKeyHeader()}.`,
    bearer: 'Sent as Authorization: Bearer.',
  }[page.credential.kind];
  return page.credential.kind === 'none' ? sent : `${sent} Kept in this tab's session storage only.`;
}

function showCredential() {
  const { kind, value, show } = page.credential;
  const input = byId('credential-value');
  byId('credential-kind').value = kind;
  if (input.value.trim() !== value) input.value = value;
  input.type = show ? 'text' : 'password';
  input.disabled = kind === 'none';
  byId('credential-value-label').textContent = { none: 'Value', key: 'Key', bearer: 'Token' }[kind];
  byId('credential-hint').textContent = credentialHint();
  for (const refresh of page.curlRefreshers) refresh();
}

function changeCredential(change) {
  Object.assign(page.credential, change);
  storeCredential();
  showCredential();
}

function wireCredential() {
  byId('credential').addEventListener('submit', (event) => event.preventDefault());
  byId('credential-kind').addEventListener('change', (event) => changeCredential({ kind: event.target.value }));
  byId('credential-value').addEventListener('input', (event) => changeCredential({ value: event.target.value.trim() }));
  byId('credential-show').addEventListener('change', (event) => changeCredential({ show: event.target.checked }));
  byId('credential-clear').addEventListener('click', () => {
    changeCredential({ kind: 'none', value: '' });
    announce('Credential cleared.');
  });
}

/* ---------- sidebar ---------- */

function navigationLink(entry) {
  const link = el('a', { href: `#${encodeURIComponent(entry.id)}`, title: entry.operation.summary }, methodBadge(entry.method), el('span', { class: 'path' }, breakablePath(entry.path)));
  const words = [entry.method, entry.path, entry.id, entry.operation.summary ?? ''].join(' ').toLowerCase();
  return { id: entry.id, link, words, node: el('li', {}, link) };
}

function renderNavigation(groups) {
  const rendered = groups.map((group) => {
    const links = group.operations.map(navigationLink);
    const node = el('section', {}, el('h2', {}, el('a', { href: `#${tagId(group)}` }, group.name)), el('ul', {}, links.map((one) => one.node)));
    return { node, links };
  });
  byId('operation-list').replaceChildren(...rendered.map(({ node }) => node));
  wireFilter(rendered);
  followReader(rendered.flatMap(({ links }) => links));
}

function wireFilter(groups) {
  const input = byId('filter');
  const links = groups.flatMap((group) => group.links);
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of links) one.node.hidden = !wanted.every((word) => one.words.includes(word));
    for (const group of groups) group.node.hidden = group.links.every((one) => one.node.hidden);
    const found = links.filter((one) => !one.node.hidden).length;
    byId('filter-count').textContent = wanted.length ? (found ? `${found} of ${links.length}` : 'Nothing matches. Try a shorter word, or press Esc to clear.') : '';
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') links.find((one) => !one.node.hidden)?.link.click();
    if (event.key !== 'Escape' || !input.value) return;
    event.stopPropagation();
    input.value = '';
    input.dispatchEvent(new Event('input'));
  });
}

/** Marks the operation at the top of the window in the sidebar. */
function followReader(links) {
  const linkOf = new Map(links.map(({ id, link }) => [id, link]));
  let current = null;
  const mark = (link) => {
    current?.removeAttribute('aria-current');
    current = link;
    current.setAttribute('aria-current', 'true');
    if (byId('sidebar').offsetParent) current.scrollIntoView({ block: 'nearest' });
  };
  const observer = new IntersectionObserver((changes) => {
    const entered = changes.find((change) => change.isIntersecting);
    if (entered) mark(linkOf.get(entered.target.id));
  }, { rootMargin: '-72px 0px -75% 0px' });
  for (const id of linkOf.keys()) observer.observe(document.getElementById(id));
}

function setMenu(open) {
  byId('sidebar').classList.toggle('open', open);
  byId('menu-button').setAttribute('aria-expanded', String(open));
}

function wireMenu() {
  byId('menu-button').addEventListener('click', () => setMenu(!byId('sidebar').classList.contains('open')));
  byId('sidebar').addEventListener('click', (event) => {
    if (event.target.closest('a')) setMenu(false);
  });
}

function isTyping(target) {
  return target.matches?.('input, textarea, select');
}

function wireKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && byId('sidebar').classList.contains('open')) {
      setMenu(false);
      byId('menu-button').focus();
    }
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    setMenu(true);
    byId('filter').focus();
  });
}

/* ---------- the page ---------- */

const tagId = (group) => `tag-${encodeURIComponent(group.name)}`;

function groupSection(group) {
  return el('section', { class: 'group', id: tagId(group) },
    el('h2', {}, group.name),
    group.description ? el('p', { class: 'hint' }, prose(group.description)) : null,
    group.operations.map(operationSection));
}

function renderHeader(operations, groups) {
  const { title = 'API', version = '', description = '' } = page.document.info ?? {};
  document.title = `${title} API reference`;
  byId('brand-title').textContent = title;
  byId('title').textContent = `${title} API reference`;
  byId('version').textContent = version;
  byId('description').replaceChildren(...prose(description));
  byId('facts').replaceChildren(`${operations.length} operations in ${groups.length} groups. Calls go to `, el('code', {}, BASE.href));
}

function render() {
  const operations = listOperations(page.document.paths);
  const groups = groupByTag(operations);
  renderHeader(operations, groups);
  byId('operations').replaceChildren(...groups.map(groupSection));
  renderNavigation(groups);
  showCredential();
  byId('notice').replaceChildren();
  goToHash();
}

/** The sections come after the browser looked for the anchor, so a deep link is followed here. */
function goToHash() {
  const section = document.getElementById(decodedHash());
  if (!section) return;
  section.scrollIntoView();
  section.querySelector('h3[tabindex]')?.focus({ preventScroll: true });
}

function decodedHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

async function fetchDocument() {
  const response = await fetch(new URL('openapi.json', BASE), { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  return parseExactly(await response.text());
}

function causeWords(error) {
  if (error instanceof SyntaxError) return 'what came is not JSON';
  return error instanceof TypeError ? 'the server did not answer' : error.message;
}

function showLoadFailure(error) {
  byId('notice').replaceChildren(el('div', { class: 'problem', role: 'alert' },
    el('p', {}, el('strong', {}, 'The API document could not be loaded: '), `${causeWords(error)}.`),
    el('p', {}, 'Check that the server runs and that whatever stands before it lets ', el('code', {}, new URL('openapi.json', BASE).href), ' through, then try again.'),
    button('Try again', load)));
}

async function load() {
  byId('notice').replaceChildren(el('p', {}, 'Loading the API document…'));
  try {
    page.document = await fetchDocument();
  } catch (error) {
    showLoadFailure(error);
    return;
  }
  render();
}

loadCredential();
wireCredential();
wireMenu();
wireKeys();
load();
