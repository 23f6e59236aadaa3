import Foundation
import Testing

@testable import Requests

/// Secrets of destinations, sealed.
struct WebhookVaultTests {
  private static let id = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
  private static let secrets = WebhookVault.Secrets(
    url: "https://chat.example.fr/hooks/abc", secret: [UInt8](repeating: 7, count: 32))
  private static let nonce = [UInt8](repeating: 3, count: WebhookVault.nonceLength)

  private static func line(_ id: String, _ byte: UInt8) -> String {
    "\(id) \(Data(repeating: byte, count: 32).base64EncodedString())"
  }

  @Test func `what is sealed opens again, by its key and for its destination only`() throws {
    let vault = try WebhookVault("# the keys\n\(Self.line("k2", 2))\n\n\(Self.line("k1", 1)) # the one before\n")
    #expect(vault.current == "k2" && vault.known == ["k2", "k1"])
    let sealed = try vault.seal(Self.secrets, of: Self.id, nonce: Self.nonce)
    #expect(try sealed.key == "k2" && vault.open(sealed, of: Self.id) == Self.secrets)
    #expect(!String(decoding: sealed.bytes, as: UTF8.self).contains("hooks"))
    #expect(throws: WebhookVaultError.damaged("k2")) { _ = try vault.open(sealed, of: UUID()) }
    let other = WebhookVault.Sealed(key: "k1", bytes: sealed.bytes)
    #expect(throws: WebhookVaultError.damaged("k1")) { _ = try vault.open(other, of: Self.id) }
  }

  @Test func `not a bit of it can be changed`() throws {
    let vault = try WebhookVault(Self.line("k", 1))
    let sealed = try vault.seal(Self.secrets, of: Self.id, nonce: Self.nonce)
    for place in sealed.bytes.indices {
      var changed = sealed
      changed.bytes[place] ^= 1
      #expect(throws: WebhookVaultError.damaged("k")) { _ = try vault.open(changed, of: Self.id) }
    }
    #expect(throws: WebhookVaultError.damaged("k")) {
      _ = try vault.open(WebhookVault.Sealed(key: "k", bytes: []), of: Self.id)
    }
  }

  @Test func `keys change with an overlap, and what no key opens says which it wants`() throws {
    let before = try WebhookVault(Self.line("k1", 1))
    let both = try WebhookVault("\(Self.line("k2", 2))\n\(Self.line("k1", 1))")
    let after = try WebhookVault(Self.line("k2", 2))
    let sealed = try before.seal(Self.secrets, of: Self.id, nonce: Self.nonce)
    #expect(try both.open(sealed, of: Self.id) == Self.secrets)
    #expect(throws: WebhookVaultError.unknownKey("k1")) { _ = try after.open(sealed, of: Self.id) }
    let again = try both.seal(Self.secrets, of: Self.id, nonce: Self.nonce)
    #expect(try after.open(again, of: Self.id) == Self.secrets)
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `no key is lost by the way in which lines end`(newline: String) throws {
    let lines = ["# the keys", "\(Self.line("k2", 2)) # the new one", "", Self.line("k1", 1), ""]
    let vault = try WebhookVault(lines.joined(separator: newline))
    #expect(vault.current == "k2" && vault.known == ["k2", "k1"])
    #expect(throws: WebhookVaultError.line(3)) {
      _ = try WebhookVault(["# the keys", Self.line("k2", 2), "k1"].joined(separator: newline))
    }
  }

  @Test func `a key's name is of letters, digits and dashes, 32 at most, and there are 16 keys at most`() throws {
    let names = [String(repeating: "k", count: 32), "az-09", "-", "0"]
    let named = try WebhookVault(names.map { Self.line($0, 1) }.joined(separator: "\n"))
    #expect(named.known == names)
    for name in [String(repeating: "k", count: 33), "k_1", "k.1", "kK", "é", "k{", "k/", "k:", "`"] {
      #expect(throws: WebhookVaultError.line(1), "\(name)") { _ = try WebhookVault(Self.line(name, 1)) }
    }
    let lines = (1...17).map { Self.line("k\($0)", UInt8($0)) }
    let most = try WebhookVault(lines.dropLast().joined(separator: "\n"))
    #expect(most.known == (1...16).map { "k\($0)" })
    #expect(throws: WebhookVaultError.count(17)) { _ = try WebhookVault(lines.joined(separator: "\n")) }
  }

  @Test(arguments: [
    ("", WebhookVaultError.count(0)), ("# nothing\n", .count(0)), ("k1", .line(1)),
    ("\nk1 c2VjcmV0", .line(2)), ("K1 \(Data(repeating: 1, count: 32).base64EncodedString())", .line(1)),
    ("k1 \(Data(repeating: 1, count: 32).base64EncodedString()) more", .line(1)),
    (
      "k1 \(Data(repeating: 1, count: 32).base64EncodedString())\nk1 \(Data(repeating: 2, count: 32).base64EncodedString())",
      .twice("k1")
    ),
  ])
  func `what is no file of keys says where, and repeats nothing of it`(text: String, wanted: WebhookVaultError) {
    #expect(throws: wanted) { _ = try WebhookVault(text) }
    #expect(!wanted.description.contains("c2VjcmV0") && !wanted.description.contains("AQEB"))
  }
}
