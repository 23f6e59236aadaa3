import Contract
import Events
import HTTPTypes
import Hummingbird
import Identity
import NIOCore
import Store

/// The current offer and policy as one document for everybody, which a console shows to whoever logs in.
struct CurrentOfferRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("offer/current", .anyone) { request, _ in
      try request.allowParameters(["at"])
      guard let moment = try request.moment("at") else { return try answer(try await store.currentOffer(), request) }
      guard let offer = try await store.offer(publishedAt: moment) else {
        throw Problem.notFound(
          "aucune offre n’était publiée", "no offer was published", request.language)
      }
      return try answer(offer, request)
    }
    api.get("offer/history", .anyone) { request, _ in
      let (limit, cursor) = try request.page()
      let page = try await store.offerPublications(limit: limit, cursor: cursor)
      return try .json(
        ListView(
          items: page.items.map { publication in
            OfferPublicationView(
              number: publication.number, digest: publication.digest, policyVersion: publication.policyVersion,
              publishedAt: publication.publishedAt)
          }, next: page.next))
    }
  }

  private func answer(_ offer: PublishedOffer, _ request: Request) throws -> Response {
    // It may be kept for a minute, and for a day while the service is away: what a console shows at login is not to fail
    // with it.
    var headers: HTTPFields = [
      .eTag: "\"\(offer.digest)\"", .cacheControl: "public, max-age=60, stale-if-error=86400",
    ]
    // In no field of the document: the tag is of what that means. Said of a fresh one too: a cache leaves as it was
    // what a 304 does not bear, and after an outage the document would stay stale there.
    headers[.stale] = offer.isStale ? "true" : "false"
    switch try request.readCondition(at: offer.digest) {
    case .known: return Response(status: .notModified, headers: headers)
    case .mismatch: throw Problem.versionMismatch(present: offer.digest, request.language)
    case .wanted:
      headers[.contentType] = "application/json"
      return Response(
        status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: offer.bytes)))
    }
  }
}
