import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestSupport

/// An admission webhook as an operator may run one, for a real API server that has no Pod Security admission of its own.
final class AdmissionWebhook: Sendable {
  /// What it says of a pod's `spec`: nil lets it in, a text refuses it.
  typealias Policy = @Sendable (_ spec: [String: Any]) -> String?

  /// Where the API server finds it.
  let url: String
  private let channel: any Channel

  /// - Parameters:
  ///   - server: whose authority signed the certificate that is shown.
  ///   - patch: a JSON patch for every pod that is let in.
  init(_ server: KubernetesServer, patch: String? = nil, policy: @escaping Policy) async throws {
    let certificates = try NIOSSLCertificate.fromPEMFile("\(server.directory)/server.crt")
    let tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(server.directory)/server.key", format: .pem)))
    let context = try NIOSSLContext(configuration: tls)
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(patch: patch, policy: policy))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    url = "https://127.0.0.1:\(channel.localAddress?.port ?? 0)/"
  }

  func close() async { try? await channel.close() }
}

private final class Handler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let patch: String?
  private let policy: AdmissionWebhook.Policy
  private var body = ByteBuffer()

  init(patch: String?, policy: @escaping AdmissionWebhook.Policy) {
    self.patch = patch
    self.policy = policy
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    let review = (try? JSONSerialization.jsonObject(with: Data(body.readableBytesView))) as? [String: Any]
    let request = review?["request"] as? [String: Any] ?? [:]
    let spec = (request["object"] as? [String: Any])?["spec"] as? [String: Any] ?? [:]
    var response: [String: Any] = ["uid": request["uid"] ?? "", "allowed": true]
    if let refusal = policy(spec) {
      response["allowed"] = false
      response["status"] = ["message": refusal, "code": 400]
    } else if let patch {
      response["patchType"] = "JSONPatch"
      response["patch"] = Data(patch.utf8).base64EncodedString()
    }
    let answer: [String: Any] = [
      "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response,
    ]
    let bytes = (try? JSONSerialization.data(withJSONObject: answer)) ?? Data()
    let headers = HTTPHeaders([("content-type", "application/json"), ("content-length", "\(bytes.count)")])
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
