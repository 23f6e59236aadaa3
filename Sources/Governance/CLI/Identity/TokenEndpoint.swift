import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Questions to an issuer, over TLS or to this machine.
enum TokenEndpoint {
  /// How long an issuer is waited for.
  static let patience = TimeAmount.seconds(15)

  /// Sends a form.
  ///
  /// - Throws: ``LoginError`` where it would go in clear; ``ClientError`` where there is no answer.
  static func post(
    _ address: String, _ form: [String: String], within limit: TimeAmount = patience
  ) async throws -> (Int, Data) {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
    let fields = form.sorted { $0.key < $1.key }.map { "\(APIClient.part($0.key))=\(APIClient.part($0.value))" }
    request.body = .bytes(Data(fields.joined(separator: "&").utf8))
    return try await send(request, within: limit)
  }

  /// Asks for a document.
  static func get(_ address: String) async throws -> (Int, Data) {
    try await send(HTTPClientRequest(url: address), within: patience)
  }

  private static func send(_ request: HTTPClientRequest, within limit: TimeAmount) async throws -> (Int, Data) {
    guard ServerAddress.mayCarrySecrets(request.url) else {
      throw LoginError("\(request.url) : https:// est attendu / is wanted")
    }
    do {
      let answer = try await APIClient.exchange(request, upTo: 1 << 20, within: limit)
      return (answer.status, answer.body)
    } catch {
      throw ClientError(unreachable: request.url, error)
    }
  }
}
