import Contract
import Foundation
import Testing

/// Bodies that clients send come back as they were meant.
struct RequestTests {
  @Test func `a declaration of loss keeps its reason`() throws {
    let declared = LossDeclaration(reason: "le cluster a brûlé")
    let bytes = try JSONEncoder().encode(declared)
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"reason":"le cluster a brûlé"}"#)
    #expect(try JSONDecoder().decode(LossDeclaration.self, from: bytes) == declared)
  }
}
