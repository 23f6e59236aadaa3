import Foundation

extension ClusterStore {
  /// Which objects are meant.
  struct Selection: Sendable {
    var kind: ResourceKind
    /// Nil means every namespace.
    var namespace: String?
    var labels: LabelQuery
    var fields: FieldQuery

    func includes(_ key: Key) -> Bool { namespace.map { $0 == key.namespace } ?? true }

    func matches(_ key: Key, _ object: JSONValue) -> Bool {
      includes(key) && fields.matches(object)
        && labels.matches(object[path: ["metadata", "labels"]]?.textMap ?? [:])
    }

    var isFiltered: Bool { !labels.requirements.isEmpty || !fields.requirements.isEmpty }
  }

  /// Which page, at which revision.
  struct Page: Sendable {
    var limit = 0
    var continuation: String?
    var resourceVersion: String?
    /// `Exact` or `NotOlderThan`.
    var match: String?
  }

  /// One page.
  struct Listing: Sendable {
    var items: [JSONValue]
    var revision: UInt64
    var continuation: String?
    var remaining: Int?
  }

  /// Lists in key order.
  ///
  /// - Throws: `StatusError` 400 for a token that can not be read, 410 for a revision that is forgotten, 504 for one
  ///   that is not there yet.
  func list(_ selection: Selection, page: Page = Page()) throws(StatusError) -> Listing {
    let token: ContinueToken? = if let text = page.continuation { try ContinueToken(text) } else { nil }
    let wanted = if let token { token.revision } else { try requestedRevision(page) }
    let state = try objects(of: selection.kind, at: wanted ?? revision, isContinuation: token != nil)
    let start = token?.start
    let matching = state.filter { key, object in
      selection.matches(key, object) && start.map { ContinueToken.position(of: key, in: selection) > $0 } ?? true
    }.sorted { $0.key < $1.key }
    let shown = page.limit > 0 ? Array(matching.prefix(page.limit)) : matching
    var listing = Listing(items: shown.map(\.value), revision: wanted ?? revision)
    if let last = shown.last, shown.count < matching.count {
      let position = ContinueToken.position(of: last.key, in: selection)
      listing.continuation = ContinueToken(revision: listing.revision, start: position).text
      listing.remaining = selection.isFiltered ? nil : matching.count - shown.count
    }
    return listing
  }

  /// The exact revision a list asks for, nil for the present one.
  private func requestedRevision(_ page: Page) throws(StatusError) -> UInt64? {
    let text = page.resourceVersion ?? ""
    if let match = page.match, !match.isEmpty {
      guard !text.isEmpty else {
        throw .invalidOption(
          "ListOptions", field: "resourceVersionMatch", reason: "FieldValueForbidden",
          "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")
      }
      guard match == "Exact" || match == "NotOlderThan" else {
        throw .invalidOption(
          "ListOptions", field: "resourceVersionMatch", reason: "FieldValueNotSupported",
          "Unsupported value: \(JSONWriter.text(.string(match))): supported values: \"Exact\", \"NotOlderThan\", \"\"")
      }
    }
    let version = try Self.revision(text)
    if version > revision { throw .resourceVersionTooLarge(version, current: revision) }
    return page.match == "Exact" ? version : nil
  }

  /// Reads a `resourceVersion`; empty is 0.
  static func revision(_ text: String) throws(StatusError) -> UInt64 {
    if text.isEmpty { return 0 }
    guard let version = UInt64(text) else {
      throw StatusError(
        code: 500, reason: "",
        message: "resourceVersion: Invalid value: \(JSONWriter.text(.string(text))): not an unsigned number")
    }
    return version
  }

  /// The objects of a kind as they were: the present ones with later changes undone.
  private func objects(
    of kind: ResourceKind, at wanted: UInt64, isContinuation: Bool
  ) throws(StatusError) -> [Key: JSONValue] {
    guard wanted >= forgotten else {
      throw .expired(
        isContinuation
          ? "The provided continue parameter is too old to display a consistent list result. You can start a new "
            + "list without the continue parameter."
          : "The resourceVersion for the provided list is too old.")
    }
    var state = objects[kind] ?? [:]
    for change in history.reversed() {
      if change.revision <= wanted { break }
      if change.kind == kind { state[change.key] = change.before }
    }
    return state
  }
}
