import AsyncHTTPClient
import Events
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Requests
import Store

/// Sends one delivery: to an address that was looked at just before, and nowhere else.
struct WebhookSender: Sendable {
  /// Which addresses deliveries may go to.
  let destinations: NetworkGuard
  /// Certificates of destinations beside those that the system trusts.
  let authority: AuthorityFile?
  var lookup = HostLookup.system
  /// How long an attempt may take, whatever the destination does.
  var limit: Duration = .seconds(10)

  /// Of an answer nothing but its status is looked at.
  private static let largestAnswer = 16 * 1024

  func send(_ claim: DeliveryClaim) async throws -> DeliveryOutcome {
    if let obstacle = claim.obstacle { return .failed(status: nil, obstacle, retryAfter: nil) }
    guard let address = WebhookAddress(claim.url), address.isSecure || destinations.allowsPlain else {
      return .failed(status: nil, "the address is not allowed any more", retryAfter: nil)
    }
    do {
      return try await within(limit) {
        let found = NetworkGuard.isAddress(address.host) ? [address.host] : try await lookup.addresses(address.host)
        // One that is refused is enough: else it would be a matter of luck where it goes.
        guard let first = found.first else { return .failed(status: nil, "the host has no address", retryAfter: nil) }
        guard found.allSatisfy(destinations.permits) else {
          return .failed(status: nil, "the host leads to an address that nothing is delivered to", retryAfter: nil)
        }
        return try await post(claim, to: address, at: first)
      }
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return .failed(status: nil, Self.told(error), retryAfter: nil)
    }
  }

  private func post(
    _ claim: DeliveryClaim, to address: WebhookAddress, at found: String
  ) async throws -> DeliveryOutcome {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: .seconds(10)))
    configuration.httpVersion = .http1Only
    // The name is not asked again: it could lead elsewhere by now.
    if found != address.host { configuration.dnsOverride = [address.host: found] }
    if let authority {
      var tls = TLSConfiguration.makeClientConfiguration()
      let certificates = try await HostLookup.answer { try authority.certificates() }
      tls.additionalTrustRoots = [.certificates(certificates)]
      configuration.tlsConfiguration = tls
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      let outcome = try await post(claim, by: client)
      try? await client.shutdown()
      return outcome
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private func post(_ claim: DeliveryClaim, by client: HTTPClient) async throws -> DeliveryOutcome {
    var request = HTTPClientRequest(url: claim.url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "user-agent", value: "regie")
    request.headers.add(name: WebhookSignature.idHeader, value: claim.id.uuidString.lowercased())
    request.headers.add(
      name: WebhookSignature.signatureHeader,
      value: WebhookSignature.header(
        secret: claim.secret, seconds: claim.at.microseconds / 1_000_000, body: claim.body))
    request.body = .bytes(claim.body)
    let response = try await client.execute(request, timeout: TimeAmount(limit))
    let status = Int(response.status.code)
    // What was answered is not told to anybody: it could be somebody else's.
    _ = try await response.body.collect(upTo: Self.largestAnswer)
    if (200..<300).contains(status) { return .delivered(status: status) }
    return .failed(
      status: status, (300..<400).contains(status) ? "redirections are not followed" : "the destination refuses it",
      retryAfter: response.headers.first(name: "retry-after").flatMap(Int64.init))
  }

  /// Whatever is slow, name servers and answers by drops included, ends with the limit. It waits for both: what `body` waits for
  /// must heed cancellation.
  private func within(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> DeliveryOutcome
  ) async throws -> DeliveryOutcome {
    try await withThrowingTaskGroup(of: DeliveryOutcome.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: limit)
        return .failed(status: nil, "no answer in time", retryAfter: nil)
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  private static func told(_ error: any Error) -> String {
    switch error {
    case let error as HTTPClientError: error.shortDescription
    case is NIOTooManyBytesError: "the answer is too long"
    case let error as AuthorityFile.Unreadable: "certificates of destinations: \(error)"
    default: "\(type(of: error))"
    }
  }
}
