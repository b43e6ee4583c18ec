# Reads a JSON object of YAML texts, writes what Ruby's reader makes of each: who is in the group, or null where it refuses.
require 'yaml'
require 'json'

def names(value, within = [])
  raise 'no list' unless value.is_a?(Array)
  raise 'a list in itself' if within.any? { |list| list.equal?(value) }
  value.flat_map { |item| item.is_a?(Array) ? names(item, within + [value]) : [item] }
end

def answer(text)
  file = YAML.respond_to?(:unsafe_load) ? YAML.unsafe_load(text) : YAML.load(text)
  users = file.fetch('users')
  row = file.fetch('groups').fetch('deployment')
  listed = names(row.key?('members') ? row['members'] : [])
  present = listed.uniq.select { |name| users.key?(name) && users[name].fetch('ensure', 'present') != 'absent' }
  present.map { |name| name.is_a?(String) ? name : { 'other' => name.inspect } }.sort_by(&:to_s)
rescue StandardError, SyntaxError
  nil
end

puts JSON.pretty_generate(JSON.parse($stdin.read).transform_values { |text| answer(text) })
