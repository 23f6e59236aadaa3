/// The objects of one kind as last seen.
struct ObjectCache<Value: Decodable & Sendable>: Sendable {
  private(set) var objects: [ObjectKey: Observed<Value>] = [:]

  /// Takes an event in; the events for whoever follows.
  ///
  /// A list says what is there, so what it lacks has vanished unseen; so has an object whose name now belongs to
  /// another.
  mutating func absorb(_ event: InformerEvent<Value>) -> [InformerEvent<Value>] {
    switch event {
    case .synced(let items, _):
      let old = objects
      objects = Dictionary(items.map { ($0.identity.key, $0) }, uniquingKeysWith: { $1 })
      let vanished = old.values.filter { objects[$0.identity.key]?.identity.uid != $0.identity.uid }
      return vanished.map { .deleted($0) } + [event]
    case .applied(let object):
      objects[object.identity.key] = object
    case .deleted(let object):
      objects[object.identity.key] = nil
    case .interrupted, .resumed:
      break
    }
    return [event]
  }
}
