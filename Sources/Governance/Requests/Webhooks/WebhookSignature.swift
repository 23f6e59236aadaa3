import Crypto
import Foundation

/// What shows that a delivery comes from here and was not changed: HMAC-SHA-256, by the destination's secret, over the moment
/// of sending, a full stop, and the body as carried.
public enum WebhookSignature {
  /// The header that carries the delivery's identifier: the same however often it is sent.
  public static let idHeader = "Regie-Webhook-Id"
  /// The header that carries ``header(secret:seconds:body:)``.
  public static let signatureHeader = "Regie-Webhook-Signature"

  /// The header's value: `t=1795428000,v1=` and 64 hexadecimal digits.
  public static func header(secret: [UInt8], seconds: Int64, body: [UInt8]) -> String {
    var mac = HMAC<SHA256>(key: SymmetricKey(data: secret))
    mac.update(data: Array("\(seconds).".utf8))
    mac.update(data: body)
    let digits = mac.finalize().map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0\(text)" : text
    }
    return "t=\(seconds),v1=\(digits.joined())"
  }
}
