extension APIHandler {
  /// A list, or a watch when asked for one.
  func list(
    _ target: Route.Resource, _ request: APIRequest, store: ClusterStore
  ) throws(StatusError) -> APIReply {
    var fields = request.query["fieldSelector"] ?? ""
    if let name = target.name { fields = "metadata.name=\(name)" }
    let selection = ClusterStore.Selection(
      kind: target.kind, namespace: target.namespace,
      labels: try LabelQuery(request.query["labelSelector"] ?? ""),
      fields: try FieldQuery(fields, kind: target.kind))
    if target.isWatch || request.flag("watch") { return try watch(selection, request, store: store) }
    let page = ClusterStore.Page(
      limit: try Self.number("limit", request) ?? 0,
      continuation: request.query["continue"].flatMap { $0.isEmpty ? nil : $0 },
      resourceVersion: request.query["resourceVersion"], match: request.query["resourceVersionMatch"])
    let listing = try store.list(selection, page: page)
    var metadata: [String: JSONValue] = ["resourceVersion": .string(String(listing.revision))]
    if let token = listing.continuation { metadata["continue"] = .string(token) }
    if let remaining = listing.remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
    if request.wantsTable {
      return .json(200, Table.render(target.kind, listing.items, metadata: .object(metadata), now: now))
    }
    return .json(200, Self.list(of: target.kind, listing.items, metadata: metadata))
  }

  /// A list object; its items do not repeat their type, save those of kinds that the server is not built with.
  static func list(of kind: ResourceKind, _ items: [JSONValue], metadata: [String: JSONValue]) -> JSONValue {
    [
      "kind": .string("\(kind.kind)List"), "apiVersion": .string(kind.apiVersion), "metadata": .object(metadata),
      "items": .array(
        items.map { item in
          guard !kind.isCustom else { return item }
          var item = item
          item["kind"] = nil
          item["apiVersion"] = nil
          return item
        }),
    ]
  }

  private func watch(
    _ selection: ClusterStore.Selection, _ request: APIRequest, store: ClusterStore
  ) throws(StatusError) -> APIReply {
    var plan = WatchPlan(
      selection: selection, first: [], cursor: 0, wantsBookmarks: request.flag("allowWatchBookmarks"),
      wantsTable: request.wantsTable, timeoutSeconds: try Self.number("timeoutSeconds", request))
    do {
      (plan.first, plan.cursor) = try store.startWatch(selection, from: request.query["resourceVersion"] ?? "")
    } catch {
      // The API server says «too old» inside the stream, as an event.
      guard error.code == 410 else { throw error }
      plan.first = [ClusterStore.WatchEvent(kind: .error, object: error.json)]
    }
    return .watch(plan)
  }

  private static func number(_ name: String, _ request: APIRequest) throws(StatusError) -> Int? {
    guard let text = request.query[name], !text.isEmpty else { return nil }
    guard let number = Int(text) else { throw .badRequest("\(name): '\(text)' is not a whole number") }
    return number
  }

  /// A line of a watch.
  func line(_ event: ClusterStore.WatchEvent, plan: WatchPlan) -> [UInt8] {
    var object = event.object
    if plan.wantsTable, event.kind != .error {
      let items = event.kind == .bookmark ? [] : [object]
      object = Table.render(plan.selection.kind, items, metadata: object["metadata"] ?? [:], now: now)
    }
    return JSONWriter.bytes(["type": .string(event.kind.rawValue), "object": object]) + [0x0A]
  }
}
