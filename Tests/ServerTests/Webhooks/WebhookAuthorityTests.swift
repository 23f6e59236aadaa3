import Events
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Requests
import Store
import Testing

@testable import Server

/// Deliveries to a destination whose certificate is by an authority of one's own.
@Suite(.timeLimit(.minutes(2)), .enabled(if: Authority.isAvailable, "not run: needs openssl"))
struct WebhookAuthorityTests {
  private static let loopback = NetworkGuard(allowed: ["127.0.0.0/8"].compactMap(NetworkGuard.Block.init))

  private static func send(_ port: Int, _ file: AuthorityFile?) async throws -> DeliveryOutcome {
    let sender = WebhookSender(
      destinations: loopback, authority: file, lookup: HostLookup { _ in ["127.0.0.1"] })
    return try await sender.send(
      DeliveryClaim(
        id: UUID(), url: "https://chat.example:\(port)/hooks/abc", secret: [UInt8](repeating: 1, count: 32),
        body: Array("{}".utf8), at: Timestamp(microseconds: 1_795_428_000_000_000)))
  }

  @Test func `a destination is known by the file's authority, and by no other`() async throws {
    try await Authority.with { own, other in
      try await own.serve { port in
        let file = AuthorityFile(own.certificate)
        for _ in 0..<3 { #expect(try await Self.send(port, file) == .delivered(status: 204)) }
        #expect(file.reads == 1, "it is read once, and not for each delivery")
        for stranger in [nil, AuthorityFile(other.certificate)] {
          guard case .failed(nil, _, nil) = try await Self.send(port, stranger) else {
            Issue.record("delivered to nobody knows whom")
            continue
          }
        }
      }
    }
  }

  @Test func `the file is read again when it is another, and says so when it is none`() async throws {
    try await Authority.with { own, other in
      try await own.serve { port in
        let path = own.folder.appendingPathComponent("trusted.pem").path
        try FileManager.default.copyItem(atPath: other.certificate, toPath: path)
        let file = AuthorityFile(path)
        guard case .failed(nil, _, nil) = try await Self.send(port, file) else {
          Issue.record("delivered to nobody knows whom")
          return
        }
        try Data(contentsOf: URL(fileURLWithPath: own.certificate)).write(
          to: URL(fileURLWithPath: path), options: .atomic)
        #expect(try await Self.send(port, file) == .delivered(status: 204))
        #expect(file.reads == 2)
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        let spoilt = "certificates of destinations: the file holds no certificates in PEM"
        #expect(try await Self.send(port, file) == .failed(status: nil, spoilt, retryAfter: nil))
        try FileManager.default.removeItem(atPath: path)
        let absent = "certificates of destinations: the file can not be read"
        #expect(try await Self.send(port, file) == .failed(status: nil, absent, retryAfter: nil))
      }
    }
  }

  @Test func `at the start both files must be what they should be`() throws {
    let folder = try Authority.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("keys").path
    #expect(try WebhookKeys.read(nil) == nil)
    #expect(try WebhookKeys.authority(nil) == nil)
    try Data("k1 c2VjcmV0".utf8).write(to: URL(fileURLWithPath: path))
    for (variable, read) in [
      ("REGIE_WEBHOOK_KEY_FILE", { _ = try WebhookKeys.read(path) }),
      ("REGIE_WEBHOOK_KEY_FILE", { _ = try WebhookKeys.read("\(path).absent") }),
      ("REGIE_WEBHOOK_CA_FILE", { _ = try WebhookKeys.authority(path) }),
    ] as [(String, () throws -> Void)] {
      let error = #expect(throws: StartError.self) { try read() }
      #expect(error?.description.hasPrefix(variable) == true && error?.description.contains("c2Vj") == false)
    }
    let key = Data(repeating: 1, count: 32).base64EncodedString()
    try Data("k1 \(key)\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try WebhookKeys.read(path)?.current == "k1")
  }
}

/// An authority of one's own, and a certificate of `chat.example` that it has signed.
private struct Authority: Sendable {
  let folder: URL
  var certificate: String { folder.appendingPathComponent("ca.pem").path }

  static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

  static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  static func with(_ body: (Authority, Authority) async throws -> Void) async throws {
    let (own, other) = (try make(), try make())
    defer { for one in [own, other] { try? FileManager.default.removeItem(at: one.folder) } }
    try await body(own, other)
  }

  private static func make() throws -> Authority {
    let authority = Authority(folder: try folder())
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try authority.openssl(
      ["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=essai"])
    try authority.openssl(
      ["req"] + key + ["-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=chat.example"])
    try Data("subjectAltName=DNS:chat.example".utf8).write(to: authority.folder.appendingPathComponent("names"))
    try authority.openssl([
      "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
      "-extfile", "names", "-out", "cert.pem",
    ])
    return authority
  }

  private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
  }

  /// Runs `body` with the port of a destination that takes everything, by TLS.
  func serve(_ body: (Int) async throws -> Void) async throws {
    let chain = try NIOSSLCertificate.fromPEMFile(folder.appendingPathComponent("cert.pem").path)
    let key = try NIOSSLPrivateKey(file: folder.appendingPathComponent("key.pem").path, format: .pem)
    let tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    let context = try NIOSSLContext(configuration: tls)
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Taker())
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    let result: Result<Void, any Error>
    do { result = .success(try await body(server.localAddress?.port ?? 0)) } catch { result = .failure(error) }
    try await server.close()
    try result.get()
  }
}

/// Takes whatever it is sent.
private final class Taker: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = unwrapInboundIn(data) else { return }
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .noContent))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
