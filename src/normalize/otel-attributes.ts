import type { FieldSource } from '../event/field-source.ts';
import { firstOf } from './format.ts';

/** ECS fields that the field data of ECS 9.4 relates to an OpenTelemetry attribute of the same name (`otel`, relation `match`). */
const SAME = `
client.address client.port cloud.account.id cloud.availability_zone cloud.provider cloud.region container.id container.image.name
container.name destination.address destination.port device.id device.manufacturer device.model.identifier device.model.name
dns.question.name error.type faas.coldstart faas.name faas.version file.accessed file.attributes file.created file.directory
file.extension file.fork_name file.inode file.mode file.name file.path file.size host.id host.ip host.mac host.name host.type
log.file.path network.transport network.type process.args_count process.command_line process.interactive process.pid
process.real_user.id process.real_user.name process.saved_user.id process.saved_user.name process.title process.user.id
process.user.name process.vpid process.working_directory server.address server.port service.name service.version source.address
source.port tls.cipher tls.client.hash.md5 tls.client.hash.sha1 tls.client.hash.sha256 tls.client.issuer tls.client.ja3
tls.client.not_after tls.client.not_before tls.client.subject tls.curve tls.established tls.next_protocol tls.resumed
tls.server.hash.md5 tls.server.hash.sha1 tls.server.hash.sha256 tls.server.issuer tls.server.ja3s tls.server.not_after
tls.server.not_before tls.server.subject url.domain url.extension url.fragment url.full url.original url.path url.port url.query
url.registered_domain url.scheme url.subdomain url.top_level_domain user.email user.full_name user.hash user.id user.name
user.roles user_agent.name user_agent.original user_agent.version`;

/** The same for attributes of another name (relation `equivalent`). */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'cloud.service.name': 'cloud.platform',
  'container.image.hash.all': 'container.image.repo_digests',
  'container.image.tag': 'container.image.tags',
  'container.runtime': 'container.runtime.name',
  'error.message': 'exception.message',
  'error.stack_trace': 'exception.stacktrace',
  'faas.execution': 'faas.invocation_id',
  'faas.trigger.type': 'faas.trigger',
  'file.ctime': 'file.changed',
  'file.gid': 'file.group.id',
  'file.group': 'file.group.name',
  'file.mtime': 'file.modified',
  'file.owner': 'file.owner.name',
  'file.target_path': 'file.symbolic_link.target_path',
  'file.uid': 'file.owner.id',
  'host.architecture': 'host.arch',
  'http.request.body.bytes': 'http.request.body.size',
  'http.request.bytes': 'http.request.size',
  'http.response.body.bytes': 'http.response.body.size',
  'http.response.bytes': 'http.response.size',
  'network.protocol': 'network.protocol.name',
  'process.args': 'process.command_args',
  'process.executable': 'process.executable.path',
  'service.environment': 'deployment.environment.name',
  'service.node.name': 'service.instance.id',
};

/** Names that the semantic conventions gave up, by what took their place; instrumentation in use still sends them. */
const DEPRECATED: Readonly<Record<string, readonly string[]>> = {
  'client.address': ['http.client_ip'],
  'container.runtime.name': ['container.runtime'],
  'db.query.text': ['db.statement'],
  'db.system.name': ['db.system'],
  'deployment.environment.name': ['deployment.environment'],
  'faas.invocation_id': ['faas.execution'],
  'http.request.body.size': ['http.request_content_length'],
  'http.request.method': ['http.method'],
  'http.response.body.size': ['http.response_content_length'],
  'http.response.status_code': ['http.status_code'],
  'network.peer.address': ['net.sock.peer.addr', 'net.peer.ip'],
  'network.peer.port': ['net.sock.peer.port', 'net.peer.port'],
  'network.protocol.name': ['net.protocol.name', 'http.flavor'],
  'network.transport': ['net.transport'],
  'server.address': ['net.host.name', 'net.peer.name', 'http.server_name'],
  'server.port': ['net.host.port'],
  'url.full': ['http.url'],
  'url.path': ['http.target'],
  'url.scheme': ['http.scheme'],
  'user.id': ['enduser.id'],
  'user_agent.original': ['http.user_agent'],
};

/** An attribute of the record or of its resource, under its name of today or an older one. */
export function attribute(name: string): FieldSource {
  const names = [name, ...(DEPRECATED[name] ?? [])];
  return firstOf(
    ...names.flatMap((key): FieldSource[] => [
      { kind: 'path', keys: ['attributes', key] },
      { kind: 'path', keys: ['resource', 'attributes', key] },
    ]),
  );
}

/** Every ECS field that has an attribute of its own. */
export const attributeFields: Readonly<Record<string, FieldSource>> = Object.fromEntries([
  ...SAME.trim()
    .split(/\s+/)
    .map((name) => [name, attribute(name)] as const),
  ...Object.entries(EQUIVALENT).map(([ecs, name]) => [ecs, attribute(name)] as const),
]);
