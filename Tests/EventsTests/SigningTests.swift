import Crypto
import Events
import Foundation
import Testing

struct SigningTests {
  /// The key of RFC 8037 appendix A.
  static let rfcKey = #"""
    {"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    """#
  let data = Array("données".utf8)

  @Test func `a key is named by its RFC 7638 thumbprint`() throws {
    let signer = try EventSigner(jsonWebKey: Data(Self.rfcKey.utf8))
    #expect(signer.keyID == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    #expect(signer.publicKey.kid == signer.keyID && signer.publicKey.d == nil)
  }

  @Test func `what was signed verifies, and nothing else does`() throws {
    let verifier = try EventVerifier(JSONWebKeySet([Samples.signer.publicKey]))
    let signature = try Samples.signer.sign(data)
    try verifier.verify(signature, over: data)
    #expect(signature.contains("..") && !signature.contains("="))
    #expect(reason(verifier, signature, data + [0]) == .badSignature)
    #expect(reason(verifier, signature, []) == .badSignature)
    let strange = EventSigner(Curve25519.Signing.PrivateKey())
    #expect(reason(verifier, try strange.sign(data), data) == .unknownKey)
  }

  @Test(arguments: ["", ".", "..", "a.b", "a.b.c", "a..b..c", "%%..AA", "e30..AA", "e30..%%", "e30=..AA", "🔑..AA"])
  func `what is not a detached JWS is refused`(signature: String) throws {
    let verifier = try EventVerifier(JSONWebKeySet([Samples.signer.publicKey]))
    #expect(reason(verifier, signature, data) == .badSignature)
  }

  @Test(arguments: [#""alg":"none""#, #""alg":"HS256""#, #""alg":"ES256""#, #""alg":"EdDSA","crit":["exp"]"#])
  func `other algorithms and critical extensions are refused`(header: String) throws {
    let verifier = try EventVerifier(JSONWebKeySet([Samples.signer.publicKey]))
    let json = #"{\#(header),"kid":"\#(Samples.signer.keyID)"}"#
    let encoded = Data(json.utf8).base64EncodedString().filter { $0 != "=" }
    let body = try Samples.signer.sign(data).split(separator: ".").last ?? ""
    #expect(reason(verifier, "\(encoded)..\(body)", data) == .badSignature)
    #expect(reason(verifier, "\(encoded)..", data) == .badSignature)
  }

  private func reason(_ verifier: EventVerifier, _ signature: String, _ data: [UInt8]) -> EventRejection.Reason? {
    do {
      try verifier.verify(signature, over: data)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [
    ("", "not a JSON Web Key"),
    ("[]", "not a JSON Web Key"),
    (#"{"kty":"RSA","n":"AQAB"}"#, "not a JSON Web Key"),
    (#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, "OKP/X25519 is not accepted"),
    (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, "no usable “d”"),
    (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}"#, "no usable “d”"),
    (#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#, "is not an Ed25519 public key"),
    (
      #"""
      {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      "d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
      """#, "“x” does not belong to its “d”"
    ),
  ])
  func `a signing key that can not be used is told without its content`(json: String, part: String) {
    #expect {
      try EventSigner(jsonWebKey: Data(json.utf8))
    } throws: { error in
      let text = "\(error)"
      return error is KeyError && text.contains(part) && !text.contains("AAAAAAAA")
    }
  }

  @Test(arguments: [
    (#"{"keys":[]}"#, "empty"),
    (#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA"}]}"#, "EC/P-256 is not accepted"),
    (#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#, "key “without kid” is not"),
    (#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"+/=="}]}"#, "key “k” is not"),
    (
      #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"mine","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
      "“mine” is not named by its RFC 7638 thumbprint"
    ),
    (#"{"key":[]}"#, "not a JSON Web Key Set"), ("", "not a JSON Web Key Set"),
  ])
  func `a key set that can not be trusted is told why`(json: String, part: String) {
    #expect {
      try EventVerifier(try JSONWebKeySet.read(Data(json.utf8)))
    } throws: {
      "\($0)".contains(part)
    }
  }

  @Test func `keys survive their files, and sets leave private halves out`() throws {
    let key = JSONWebKey(privateKey: Curve25519.Signing.PrivateKey())
    let file = try JSONEncoder().encode(key)
    #expect(try EventSigner(jsonWebKey: file).keyID == key.keyID)
    let set = JSONWebKeySet([key])
    #expect(set.keys.first?.d == nil && set.keys.first?.x == key.x)
    #expect(try JSONWebKeySet.read(JSONEncoder().encode(set)) == set)
    var unnamed = key
    unnamed.kid = nil
    let signature = try EventSigner(jsonWebKey: file).sign(data)
    try EventVerifier(JSONWebKeySet([unnamed])).verify(signature, over: data)
  }
}
