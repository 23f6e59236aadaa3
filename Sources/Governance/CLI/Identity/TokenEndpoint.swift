import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Questions to an issuer, over TLS or to this machine.
enum TokenEndpoint {
  /// Sends a form.
  ///
  /// - Throws: ``LoginError`` where it would go in clear; ``ClientError`` where there is no answer.
  static func post(_ address: String, _ form: [String: String]) async throws -> (Int, Data) {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
    let fields = form.sorted { $0.key < $1.key }.map { "\(APIClient.part($0.key))=\(APIClient.part($0.value))" }
    request.body = .bytes(Data(fields.joined(separator: "&").utf8))
    return try await send(request)
  }

  /// Asks for a document.
  static func get(_ address: String) async throws -> (Int, Data) { try await send(HTTPClientRequest(url: address)) }

  private static func send(_ request: HTTPClientRequest) async throws -> (Int, Data) {
    guard ServerAddress.mayCarrySecrets(request.url) else {
      throw LoginError("\(request.url) : https:// est attendu / is wanted")
    }
    do {
      let response = try await APIClient.http.execute(request, timeout: .seconds(15))
      let body = try await response.body.collect(upTo: 1 << 20)
      return (Int(response.status.code), Data(body.readableBytesView))
    } catch {
      throw ClientError(unreachable: request.url, error)
    }
  }
}
