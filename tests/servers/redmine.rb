# SPDX-License-Identifier: MIT
# What a new Redmine of tests/servers/redmine has: three projects, the second
# and third of which are private, and a user who is a member of the first two.
# Its one argument is the folder that gets the keys: admin-token, token.
folder = ARGV.last

Setting.rest_api_enabled = '1'
Setting.notified_events = []
admin = User.find_by_login('admin')
reader = User.new(firstname: 'Rea', lastname: 'Der', mail: 'reader@example.org')
reader.login = 'reader'
reader.password = 'readerpassword1'
reader.save!

def project(name, public, modules)
  p = Project.new(name: name, identifier: name.downcase, is_public: public,
                  description: "All of #{name}, na\u{ef}ve & \"quoted\"")
  p.enabled_module_names = modules
  p.trackers = Tracker.all
  p.save!
  p
end

modules = %w[issue_tracking wiki news files]
reporter = Role.find_by_name('Reporter')
main = project('Main', true, modules)
inner = project('Inner', false, modules)
project('Secret', false, %w[issue_tracking])
[main, inner].each do |p|
  Member.create!(project: p, principal: reader, roles: [reporter])
end
version = Version.create!(project: main, name: '1.0', description: 'The first')
[[main, 'handbook.pdf'], [version, 'release.tar.gz']].each do |container, name|
  file = Attachment.new(file: "content of #{name}", author: admin,
                        description: "The #{name}", filename: name)
  file.container = container
  file.save!
end
File.write("#{folder}/admin-token", admin.api_key)
File.write("#{folder}/token", reader.api_key)
