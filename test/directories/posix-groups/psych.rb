# Reads YAML documents (a JSON list of texts on stdin) as puppet does, and prints for each what Ruby's Psych makes of it.
require 'json'
require 'yaml'

answers = JSON.parse($stdin.read).map do |text|
  begin
    data = YAML.respond_to?(:unsafe_load) ? YAML.unsafe_load(text) : YAML.load(text)
    users = data['users']
    absent = users.select { |_, user| user['ensure'] == 'absent' }.keys
    members = data['groups']['deployment'].fetch('members', []).flatten
    { 'members' => members.select { |name| users.key?(name) && !absent.include?(name) }.map(&:to_s).uniq.sort }
  rescue StandardError => error
    { 'error' => error.class.name }
  end
end
puts JSON.pretty_generate(answers)
