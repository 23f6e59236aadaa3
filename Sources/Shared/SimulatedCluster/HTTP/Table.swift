import Foundation

/// Lists as tables, for `kubectl get`.
enum Table {
  private struct Column {
    var name: String
    var type = "string"
    var format = ""
  }

  static func render(
    _ kind: ResourceKind, _ items: [JSONValue], metadata: JSONValue, now: Date
  ) -> JSONValue {
    [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
      "columnDefinitions": .array(
        columns(kind).map { column in
          [
            "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
            "description": "", "priority": 0,
          ]
        }),
      "rows": .array(
        items.map { item in
          [
            "cells": .array(cells(kind, item, now: now)),
            "object": [
              "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"] ?? [:],
            ],
          ]
        }),
    ]
  }

  private static func columns(_ kind: ResourceKind) -> [Column] {
    let name = Column(name: "Name", format: "name")
    let age = Column(name: "Age")
    return switch kind {
    case .namespace, .pod, .persistentVolumeClaim: [name, Column(name: "Status"), age]
    case .resourceQuota: [name, age, Column(name: "Request"), Column(name: "Limit")]
    case .limitRange: [name, Column(name: "Created At", type: "date")]
    case .networkPolicy: [name, Column(name: "Pod-Selector"), age]
    case .configMap: [name, Column(name: "Data", type: "integer"), age]
    case .application: [name, Column(name: "Sync Status"), Column(name: "Health Status")]
    case .event:
      [
        Column(name: "Last Seen"), Column(name: "Type"), Column(name: "Reason"), Column(name: "Object"),
        Column(name: "Message"), Column(name: "Name", format: "name"),
      ]
    }
  }

  private static func cells(_ kind: ResourceKind, _ item: JSONValue, now: Date) -> [JSONValue] {
    let name = item[path: ["metadata", "name"]] ?? ""
    let created = item[path: ["metadata", "creationTimestamp"]]?.text ?? ""
    let age = JSONValue.string(age(since: created, now: now))
    switch kind {
    case .namespace, .pod, .persistentVolumeClaim: return [name, item[path: ["status", "phase"]] ?? "", age]
    case .resourceQuota: return [name, age] + quotaCells(item)
    case .limitRange: return [name, .string(created)]
    case .networkPolicy:
      let selector = item[path: ["spec", "podSelector", "matchLabels"]]?.textMap ?? [:]
      let text = selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      return [name, .string(text.isEmpty ? "<none>" : text), age]
    case .configMap:
      let count = (item["data"]?.fields?.count ?? 0) + (item["binaryData"]?.fields?.count ?? 0)
      return [name, .integer(Int64(count)), age]
    case .application:
      return [
        name, item[path: ["status", "sync", "status"]] ?? "", item[path: ["status", "health", "status"]] ?? "",
      ]
    case .event:
      let object = item["involvedObject"] ?? [:]
      let subject = "\((object["kind"]?.text ?? "").lowercased())/\(object["name"]?.text ?? "")"
      let seen = item["lastTimestamp"]?.text ?? created
      return [
        .string(self.age(since: seen, now: now)), item["type"] ?? "", item["reason"] ?? "", .string(subject),
        item["message"] ?? "", name,
      ]
    }
  }

  private static func quotaCells(_ quota: JSONValue) -> [JSONValue] {
    let hard = (quota[path: ["status", "hard"]]?.textMap ?? [:]).sorted { $0.key < $1.key }
    let used = quota[path: ["status", "used"]]?.textMap ?? [:]
    let cell = { (isLimit: Bool) -> JSONValue in
      let parts = hard.filter { $0.key.hasPrefix("limits.") == isLimit }
        .map { "\($0.key): \(used[$0.key] ?? "0")/\($0.value)" }
      return .string(parts.joined(separator: ", "))
    }
    return [cell(false), cell(true)]
  }

  /// The age as kubectl writes it: `45s`, `12m`, `5h`, `3d`.
  private static func age(since text: String, now: Date) -> String {
    guard let date = RFC3339.date(text) else { return "<unknown>" }
    let seconds = max(0, Int(now.timeIntervalSince(date)))
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<7_200: return "\(seconds / 60)m"
    case ..<172_800: return "\(seconds / 3_600)h"
    default: return "\(seconds / 86_400)d"
    }
  }
}
