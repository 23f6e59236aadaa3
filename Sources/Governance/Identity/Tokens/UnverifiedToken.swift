import Foundation

/// A token whose signature nobody has looked at. All that may be believed of it is by which key to look.
public struct UnverifiedToken: Sendable {
  /// The algorithm that it says it is signed with.
  public let algorithm: SignatureAlgorithm
  /// The key that it says it is signed with.
  public let keyID: String
  /// Whether it says by its type that it is an access token (RFC 9068).
  let isAccessToken: Bool
  let signed: Data
  let signature: Data
  let payload: Data

  /// Tokens that are longer are not even read.
  public static let longest = 16_384

  /// Reads a token in its compact form.
  ///
  /// - Throws: ``TokenRefusal`` for what can not be, or must not be, verified.
  public init(_ text: String) throws(TokenRefusal) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= Self.longest, parts.count == 3, let head = Base64URL.decode(parts[0]),
      let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2]),
      case .object(let header)? = ClaimValue(json: head)
    else { throw .malformed }
    // Whatever the signature says: a token is only read with an algorithm of the list.
    guard let algorithm = header["alg"]?.text.flatMap(SignatureAlgorithm.init(rawValue:)) else { throw .algorithm }
    // What must be understood (RFC 7515, 4.1.11), and is not.
    guard header["crit"] == nil else { throw .header("crit") }
    let type = header["typ"]?.text?.lowercased() ?? "jwt"
    guard Self.types.contains(type), header["typ"].map({ $0.text != nil }) ?? true else { throw .header("typ") }
    guard let keyID = header["kid"]?.text, (1...256).contains(keyID.utf8.count) else { throw .noKey }
    self.algorithm = algorithm
    self.keyID = keyID
    isAccessToken = type != "jwt"
    self.payload = payload
    self.signature = signature
    signed = Data("\(parts[0]).\(parts[1])".utf8)
  }

  /// Access tokens, by their own name (RFC 9068) or by none; not tokens that log out, or that say that something happened.
  private static let types: Set<String> = ["jwt", "at+jwt", "application/at+jwt"]
}
