import AsyncHTTPClient
import NIOSSL

extension KubernetesError {
  /// What went wrong below HTTP.
  init(call: String, transport error: any Error) {
    switch error {
    case let error as KubernetesError:
      self = error
    case let error as HTTPClientError where error == .deadlineExceeded:
      self.init(kind: .timeout, call: call, message: "no answer in time")
    case NIOSSLError.handshakeFailed(.sslError), NIOSSLError.unableToValidateCertificate,
      NIOSSLError.noCertificateToValidate, is NIOSSLExtraError:
      self.init(kind: .tls, call: call, message: "no trust between client and server: \(error)")
    default:
      self.init(kind: .connection, call: call, message: "\(error)")
    }
  }

  static func timeout(_ call: String, after limit: Duration) -> KubernetesError {
    KubernetesError(kind: .timeout, call: call, message: "no complete answer within \(limit)")
  }

  static func decoding(_ call: String, _ error: any Error) -> KubernetesError {
    KubernetesError(kind: .decoding, call: call, message: "the answer cannot be read: \(error)")
  }
}
